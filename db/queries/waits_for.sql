-- $1 pid of a session -> what it waits for, in words; no row: it is gone
SELECT CASE
           WHEN b.pid IS NOT NULL THEN format('a lock that session %s holds (%s, %s)', b.pid,
                                              coalesce(nullif(b.application_name, ''), 'unnamed'), b.state)
           WHEN a.wait_event_type = 'Lock' THEN 'a lock'
           WHEN a.state = 'active' THEN 'a statement that the server works on'
           ELSE 'an answer'
       END
FROM pg_stat_activity a
LEFT JOIN pg_stat_activity b ON b.pid = (pg_blocking_pids(a.pid))[1]
WHERE a.pid = $1::integer
