-- $1 domains, $2 first day -> domain, month, reports, messages, the newest report's number
SELECT d.name, date_trunc('month', r.day::timestamp)::date, count(*), sum(r.messages)::bigint, max(r.report_id)
FROM domain d
JOIN report r ON r.domain_id = d.id
WHERE d.name = ANY ($1::text[]) AND r.day >= $2::date
GROUP BY d.name, 2
ORDER BY d.name COLLATE "C", 2
