-- $1 names, $2 days, in step -> name, reports in the fourteen days that end with the day, on how many days
SELECT d.name, count(*), count(DISTINCT r.day)
FROM unnest($1::text[], $2::date[]) AS t(name, day)
JOIN domain d ON d.name = t.name
JOIN report r ON r.domain_id = d.id AND r.day > t.day - 14 AND r.day <= t.day
GROUP BY d.name
