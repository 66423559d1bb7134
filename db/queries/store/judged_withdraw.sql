-- $1 names: all their days are judged, and what was not found again is withdrawn
UPDATE event e SET withdrawn = true, stale = false, closed = e.opened
FROM domain d
WHERE d.name = ANY ($1::text[]) AND e.domain_id = d.id AND e.stale
