-- $1 names, $2 a day: what earlier days left to the next is not needed any more
UPDATE domain_state s SET memory = NULL
FROM domain d
WHERE d.name = ANY ($1::text[]) AND s.domain_id = d.id AND s.day < $2::date AND s.day >= $2::date - 40 AND s.memory IS NOT NULL
