-- $1 domain id, $2 since, $3 until -> org_name, its reporter ids, number of reports, messages
SELECT o.org_name, array_agg(DISTINCT o.id), count(*), least(sum(r.messages), 9223372036854775807)::bigint
FROM report r
JOIN reporter o ON o.id = r.reporter_id
WHERE r.domain_id = $1::bigint AND r.day >= $2::date AND r.day < $3::date
GROUP BY o.org_name
ORDER BY o.org_name COLLATE "C"
