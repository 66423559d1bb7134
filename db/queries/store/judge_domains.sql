-- $1 names (null: all), $2 a day -> domains with reports before that day, the first and the newest day of each: a look
-- for each month of a domain
SELECT d.name, n.first, n.newest
FROM (SELECT m.domain_id,
             min((SELECT min(r.day) FROM report r
                  WHERE r.domain_id = m.domain_id AND r.day >= m.month
                    AND r.day < least((m.month + interval '1 month')::date, $2::date))) AS first,
             max((SELECT max(r.day) FROM report r
                  WHERE r.domain_id = m.domain_id AND r.day >= m.month
                    AND r.day < least((m.month + interval '1 month')::date, $2::date))) AS newest
      FROM rollup_month m
      WHERE m.month < $2::date AND m.reports > 0
        AND ($1::text[] IS NULL OR m.domain_id = ANY (ARRAY(SELECT id FROM domain WHERE name = ANY ($1::text[]))))
      GROUP BY m.domain_id) n
JOIN domain d ON d.id = n.domain_id
WHERE n.newest IS NOT NULL
ORDER BY d.name COLLATE "C"
