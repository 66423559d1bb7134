-- $1 names, $2 today -> name, day of the two days before today of which every reporter that reported on ten or more of
-- the fourteen days before has reported
SELECT d.name, q.day
FROM (SELECT s.domain_id, c.day, s.reporter_id,
             count(*) FILTER (WHERE s.day < c.day AND s.day >= c.day - 14) AS days, bool_or(s.day = c.day) AS there
      FROM (SELECT DISTINCT r.domain_id, r.day, r.reporter_id
            FROM report r
            WHERE r.domain_id = ANY (ARRAY(SELECT id FROM domain WHERE name = ANY ($1::text[])))
              AND r.day >= $2::date - 16 AND r.day < $2::date) s,
           (VALUES ($2::date - 1), ($2::date - 2)) c(day)
      GROUP BY s.domain_id, c.day, s.reporter_id) q
JOIN domain d ON d.id = q.domain_id
WHERE q.days >= 10
GROUP BY d.name, q.day
HAVING bool_and(q.there)
