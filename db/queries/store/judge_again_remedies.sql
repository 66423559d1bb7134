-- $1 names, $2 days, in step: likewise
UPDATE remedy_state r SET stale = true
FROM unnest($1::text[], $2::date[]) AS t(name, day)
JOIN domain d ON d.name = t.name
WHERE r.domain_id = d.id AND r.offered >= t.day
