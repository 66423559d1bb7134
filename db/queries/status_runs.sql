-- $1 how many -> the last runs: id, what, started, finished, inputs, and both times in seconds
SELECT id, what, to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), inputs,
       extract(epoch FROM started_at)::float8, extract(epoch FROM finished_at)::float8
FROM run
ORDER BY id DESC
LIMIT $1::integer
