-- $1 names, $2 days, in step: events of reports that opened then are to be found again, and those that closed then are open
UPDATE event e SET stale = e.opened >= t.day, closed = CASE WHEN e.opened >= t.day THEN e.closed END
FROM unnest($1::text[], $2::date[]) AS t(name, day)
JOIN domain d ON d.name = t.name
WHERE e.domain_id = d.id AND NOT e.by_run AND (e.opened >= t.day OR e.closed >= t.day)
