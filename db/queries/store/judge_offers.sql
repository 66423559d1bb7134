-- $1 names of domains -> domain, name that a record was offered for
SELECT DISTINCT d.name, r.name
FROM domain d
JOIN remedy_state r ON r.domain_id = d.id
WHERE d.name = ANY ($1::text[]) AND r.state IN ('offered', 'seen') AND NOT r.stale
ORDER BY 1, 2
