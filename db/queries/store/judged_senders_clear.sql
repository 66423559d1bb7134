-- $1 names, $2 the day that is written now
DELETE FROM sender_state s USING domain d WHERE d.name = ANY ($1::text[]) AND s.domain_id = d.id AND s.day = $2::date
