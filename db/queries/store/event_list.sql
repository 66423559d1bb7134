-- $1 names of domains (null: all), $2 only open ones, $3 opened or closed on this day or later (null: whenever), $4 only
-- those that runs opened -> as struct judged_event, newest first
SELECT d.name, e.id::text, e.rule, e.subject, e.severity, e.opened, e.closed, e.times, e.by_run, e.withdrawn, e.text,
       e.numbers::text, to_char(e.acked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), e.ack_owner, e.ack_until
FROM domain d
JOIN event e ON e.domain_id = d.id
WHERE ($1::text[] IS NULL OR d.name = ANY ($1::text[])) AND (NOT $2::boolean OR e.closed IS NULL)
  AND ($3::date IS NULL OR e.opened >= $3::date OR e.closed >= $3::date) AND (NOT $4::boolean OR e.by_run)
ORDER BY e.opened DESC, d.name COLLATE "C", e.rule, e.subject COLLATE "C"
