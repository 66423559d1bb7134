-- $1 first day of the open month, $2 domains (null: all), $3 since, $4 until -> domain_id, month, records of what must be
-- rebuilt; month by month
SELECT m.domain_id, m.month, m.records
FROM rollup_month m
WHERE m.stale AND m.month < $1::date AND m.month < $4::date AND m.month + interval '1 month' > $3::date
  AND ($2::text[] IS NULL OR m.domain_id = ANY (ARRAY(SELECT d.id FROM domain d WHERE d.name = ANY ($2::text[]))))
ORDER BY m.month, m.domain_id
