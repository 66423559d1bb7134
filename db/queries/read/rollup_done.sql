-- $1 domain ids, $2 month
UPDATE rollup_month SET stale = false, built_at = now() WHERE domain_id = ANY ($1::bigint[]) AND month = $2::date
