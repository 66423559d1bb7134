-- $1 domain id, $2 month -> a row when its fold says the same as its records
SELECT 1 FROM rollup_month WHERE domain_id = $1::bigint AND month = $2::date AND NOT stale
