-- $1 senders as JSON, $2 names of domains, $3 the day: a row where something changed since the last one, and at the end of a
-- month; one that was there and is not any more has a row without messages
INSERT INTO sender_state (domain_id, sender, day, name, category, confidence, remedy, messages, dmarc_pass, first_seen, last_seen)
SELECT coalesce(n.domain_id, b.domain_id), coalesce(n.sender, b.sender), $3::date, coalesce(n.name, b.name),
    coalesce(n.category, b.category), coalesce(n.confidence, b.confidence), coalesce(n.remedy, 'none'),
    coalesce(n.messages, 0), coalesce(n.dmarc_pass, 0), n.first_seen, n.last_seen
FROM (SELECT d.id AS domain_id, t.sender, t.name, t.category, t.confidence, t.remedy, t.messages, t.dmarc_pass, t.first_seen,
          t.last_seen
      FROM jsonb_to_recordset($1::jsonb) AS t(domain text, sender text, name text, category text, confidence integer,
          remedy text, messages bigint, dmarc_pass bigint, first_seen date, last_seen date)
      JOIN domain d ON d.name = t.domain) n
FULL JOIN (SELECT DISTINCT ON (s.domain_id, s.sender) s.domain_id, s.sender, s.name, s.category, s.confidence, s.remedy,
               s.messages
           FROM sender_state s
           WHERE s.domain_id = ANY (ARRAY(SELECT id FROM domain WHERE name = ANY ($2::text[])))
             AND s.day < $3::date AND s.day >= $3::date - 70
           ORDER BY s.domain_id, s.sender, s.day DESC) b
    ON b.domain_id = n.domain_id AND b.sender = n.sender
WHERE (n.sender IS NULL AND b.messages > 0)
   OR (n.sender IS NOT NULL
       AND (b.sender IS NULL OR b.messages = 0 OR b.name <> n.name OR b.category <> n.category OR b.remedy <> n.remedy
            OR extract(day FROM $3::date + 1) = 1))
