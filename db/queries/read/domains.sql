-- $1 since, $2 until -> names of domains with reports in the window. Months without data are left out
-- before reports are looked for: one look for each month of a domain.
SELECT d.name
FROM (SELECT DISTINCT m.domain_id
      FROM rollup_month m
      WHERE m.month >= date_trunc('month', $1::date::timestamp)::date AND m.month < $2::date
        AND EXISTS (SELECT 1 FROM report r
                    WHERE r.domain_id = m.domain_id AND r.day >= $1::date AND r.day < $2::date)) m
JOIN domain d ON d.id = m.domain_id
ORDER BY d.name COLLATE "C"
