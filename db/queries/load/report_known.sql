-- $1 domain names, $2 identities, $3 days, in step -> number of who asks, from 1; content and standing of the stored report, and content
-- of conflicts in quarantine
SELECT t.n, r.content, r.standing
FROM unnest($1::text[], $2::bytea[], $3::date[]) WITH ORDINALITY AS t(name, identity, day, n)
JOIN domain d ON d.name = t.name
JOIN report r ON r.domain_id = d.id AND r.day = t.day AND r.identity = t.identity
UNION ALL
SELECT t.n, q.content, NULL
FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS t(name, identity, n)
JOIN domain d ON d.name = t.name
JOIN quarantine q ON q.domain_id = d.id AND q.identity = t.identity
