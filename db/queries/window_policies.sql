-- $1 domain id, $2 since, $3 until -> what reports said was published, and when
SELECT p, sp, pct, coalesce(testing = 'y', false) AS t, min(day), max(day), count(*)
FROM report
WHERE domain_id = $1::bigint AND day >= $2::date AND day < $3::date
GROUP BY p, sp, pct, t
ORDER BY min(day), p, sp, pct, t
