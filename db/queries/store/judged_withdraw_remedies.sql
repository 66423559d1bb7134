-- $1 names: likewise
UPDATE remedy_state r SET state = 'withdrawn', since = r.offered, stale = false
FROM domain d
WHERE d.name = ANY ($1::text[]) AND r.domain_id = d.id AND r.stale
