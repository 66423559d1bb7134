-- $1 domain id, $2 month
UPDATE rollup_month SET stale = false, built_at = now() WHERE domain_id = $1::bigint AND month = $2::date
