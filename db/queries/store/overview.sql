-- $1 names of domains (null: all) -> a row of struct overview_row for each that was judged
SELECT n.name, n.day, (array_agg(s.verdict ORDER BY s.day DESC))[1], (array_agg(s.p ORDER BY s.day DESC))[1],
       (array_agg(s.next_step ORDER BY s.day DESC))[1], bool_or(s.parked AND s.day = n.day),
       (array_agg(s.policy_since ORDER BY s.day DESC))[1], (array_agg(s.newest_report ORDER BY s.day DESC))[1],
       sum(s.messages) FILTER (WHERE s.day > n.day - 7)::bigint, sum(s.own) FILTER (WHERE s.day > n.day - 7)::bigint,
       sum(s.own_pass) FILTER (WHERE s.day > n.day - 7)::bigint,
       coalesce(sum(s.own) FILTER (WHERE s.day <= n.day - 7), 0)::bigint,
       coalesce(sum(s.own_pass) FILTER (WHERE s.day <= n.day - 7), 0)::bigint,
       sum(s.forged) FILTER (WHERE s.day > n.day - 7)::bigint, (array_agg(s.questions ORDER BY s.day DESC))[1],
       (array_agg(s.todo ORDER BY s.day DESC))[1],
       (SELECT count(*) FROM event e WHERE e.domain_id = n.id AND e.closed IS NULL)
FROM (SELECT d.id, d.name, (SELECT max(m.day) FROM domain_state m WHERE m.domain_id = d.id) AS day
      FROM domain d
      WHERE $1::text[] IS NULL OR d.name = ANY ($1::text[])) n
JOIN domain_state s ON s.domain_id = n.id AND s.day > n.day - 14 AND s.day <= n.day
GROUP BY n.id, n.name, n.day
ORDER BY n.name COLLATE "C"
