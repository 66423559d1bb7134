-- $1 names, $2 days, in step -> name, what the day leaves to the next
SELECT d.name, s.memory
FROM unnest($1::text[], $2::date[]) AS t(name, day)
JOIN domain d ON d.name = t.name
JOIN domain_state s ON s.domain_id = d.id AND s.day = t.day
