-- $1 names, $2 days, in step: from that day on it is to be judged again
UPDATE domain_state s SET basis = NULL
FROM unnest($1::text[], $2::date[]) AS t(name, day)
JOIN domain d ON d.name = t.name
WHERE s.domain_id = d.id AND s.day >= t.day
