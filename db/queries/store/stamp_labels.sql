-- $1 domains -> domain, labels, when the newest was set
SELECT d.name, count(*), max(l.set_at)::text
FROM domain d
JOIN sender_label l ON l.domain_id = d.id
WHERE d.name = ANY ($1::text[])
GROUP BY d.name
ORDER BY d.name COLLATE "C"
