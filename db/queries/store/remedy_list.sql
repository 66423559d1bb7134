-- $1 names of domains, $2 a day -> offered records that changed then or later, or are live; newest first
SELECT d.name, r.name, r.edit, r.offered, r.state, r.since, r.seen, r.messages, r.passed, array_to_string(r.senders, ' '),
       r.before, r.after
FROM domain d
JOIN remedy_state r ON r.domain_id = d.id
WHERE d.name = ANY ($1::text[]) AND (r.since >= $2::date OR r.offered >= $2::date OR r.state = 'offered')
ORDER BY r.offered DESC, d.name COLLATE "C", r.name COLLATE "C", r.edit COLLATE "C"
