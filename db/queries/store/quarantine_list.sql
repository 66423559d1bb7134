-- $1 id, 0 for all -> rows of struct quarantined
SELECT id, outcome, reason, source, size, truncated,
       to_char(first_seen AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(last_seen AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       encode(content, 'hex'), auth, auth_by, auth_domain, standing
FROM quarantine
WHERE $1::bigint = 0 OR id = $1::bigint
ORDER BY id
