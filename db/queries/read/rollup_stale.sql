-- $1 first day of the open month, $2 domain (null: all), $3 since, $4 until -> domain_id, month of what must be rebuilt
SELECT m.domain_id, m.month
FROM rollup_month m
WHERE m.stale AND m.month < $1::date AND m.month < $4::date AND m.month + interval '1 month' > $3::date
  AND ($2::text IS NULL OR m.domain_id = (SELECT d.id FROM domain d WHERE d.name = $2::text))
ORDER BY m.domain_id, m.month
