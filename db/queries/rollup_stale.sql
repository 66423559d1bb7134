-- $1 first day of the open month -> domain_id, month of what must be rebuilt
SELECT domain_id, month FROM rollup_month WHERE stale AND month < $1::date ORDER BY domain_id, month
