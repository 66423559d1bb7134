-- $1 at most so many -> those that were met last: outcome, reason, source, size, first_seen, last_seen; and how many there are
SELECT outcome, reason, source, size, to_char(first_seen AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(last_seen AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), (SELECT count(*) FROM quarantine)
FROM quarantine
ORDER BY last_seen DESC, id DESC
LIMIT $1::bigint
