-- $1 a day, $2 name of a domain or NULL for all -> domains with reports before that day, and the newest day of each:
-- one look for each month of a domain
SELECT d.name, n.day
FROM (SELECT m.domain_id,
             max((SELECT max(r.day) FROM report r
                  WHERE r.domain_id = m.domain_id AND r.day >= m.month
                    AND r.day < least((m.month + interval '1 month')::date, $1::date))) AS day
      FROM rollup_month m
      WHERE m.month < $1::date AND m.reports > 0
        AND ($2::text IS NULL OR m.domain_id = (SELECT id FROM domain WHERE name = $2))
      GROUP BY m.domain_id) n
JOIN domain d ON d.id = n.domain_id
WHERE n.day IS NOT NULL
ORDER BY d.name COLLATE "C"
