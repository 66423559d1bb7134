-- $1 how many -> the last runs: id, what, started, finished, inputs, reports, records, seconds (of one that
-- did not finish: until it stored last)
SELECT n.id, n.what, to_char(n.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(n.finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), n.inputs,
       coalesce(s.reports, 0), coalesce(s.records, 0),
       coalesce(extract(epoch FROM coalesce(n.finished_at, s.last) - n.started_at), 0)::float8
FROM (SELECT * FROM run ORDER BY id DESC LIMIT $1::integer) n
LEFT JOIN (SELECT run_id, count(*) AS reports, least(sum(records), 9223372036854775807)::bigint AS records,
                  max(stored_at) AS last
           FROM report
           WHERE run_id >= (SELECT min(id) FROM (SELECT id FROM run ORDER BY id DESC LIMIT $1::integer) l)
           GROUP BY run_id) s ON s.run_id = n.id
ORDER BY n.id DESC
