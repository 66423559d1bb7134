-- Months whose rollup is no longer right. The loaders' shared lock keeps the builder away meanwhile.
UPDATE rollup_month m SET stale = true
FROM (SELECT DISTINCT domain_id, date_trunc('month', day)::date AS month FROM stage_day) s
WHERE m.domain_id = s.domain_id AND m.month = s.month AND NOT m.stale
