-- $1 since, $2 until -> names of domains with reports in the window
SELECT d.name
FROM domain d
WHERE EXISTS (SELECT 1 FROM report r WHERE r.domain_id = d.id AND r.day >= $1::date AND r.day < $2::date)
ORDER BY d.name COLLATE "C"
