-- Months that get data for the first time.
INSERT INTO rollup_month (domain_id, month, stale)
SELECT DISTINCT domain_id, date_trunc('month', day)::date, true FROM stage_day ORDER BY 1, 2
ON CONFLICT (domain_id, month) DO NOTHING
