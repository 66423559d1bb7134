-- $1 names of domains (null: all) -> a row of struct overview_row for each that was judged. What the newest day says is
-- taken from its row, and only numbers of the days before are read: texts of fourteen days took most of the time.
SELECT w.name, w.day, l.verdict, l.p, l.next_step, l.parked, l.policy_since, l.newest_report, w.messages, w.own, w.own_pass,
       w.own_before, w.own_pass_before, w.forged, l.questions, l.todo,
       (SELECT count(*) FROM event e WHERE e.domain_id = w.id AND e.closed IS NULL)
FROM (SELECT n.id, n.name, n.day,
             sum(s.messages) FILTER (WHERE s.day > n.day - 7)::bigint AS messages,
             sum(s.own) FILTER (WHERE s.day > n.day - 7)::bigint AS own,
             sum(s.own_pass) FILTER (WHERE s.day > n.day - 7)::bigint AS own_pass,
             coalesce(sum(s.own) FILTER (WHERE s.day <= n.day - 7), 0)::bigint AS own_before,
             coalesce(sum(s.own_pass) FILTER (WHERE s.day <= n.day - 7), 0)::bigint AS own_pass_before,
             sum(s.forged) FILTER (WHERE s.day > n.day - 7)::bigint AS forged
      FROM (SELECT d.id, d.name, (SELECT max(m.day) FROM domain_state m WHERE m.domain_id = d.id) AS day
            FROM domain d
            WHERE $1::text[] IS NULL OR d.name = ANY ($1::text[])) n
      JOIN domain_state s ON s.domain_id = n.id AND s.day > n.day - 14 AND s.day <= n.day
      GROUP BY n.id, n.name, n.day) w
JOIN domain_state l ON l.domain_id = w.id AND l.day = w.day
ORDER BY w.name COLLATE "C"
