-- $1 names of domains (null: all) -> a row of struct overview_row for each that was judged. What the newest day says is
-- taken from its row, and only numbers of the days before are read: texts of fourteen days took most of the time.
SELECT d.name, l.day, l.verdict, l.p, l.next_step, l.parked, l.policy_since, l.newest_report, w.messages, w.own, w.own_pass,
       w.own_before, w.own_pass_before, w.forged, l.questions, l.todo,
       (SELECT count(*) FROM event e WHERE e.domain_id = d.id AND e.closed IS NULL)
FROM domain d
CROSS JOIN LATERAL (SELECT m.* FROM domain_state m WHERE m.domain_id = d.id ORDER BY m.day DESC LIMIT 1) l
CROSS JOIN LATERAL (
    SELECT sum(s.messages) FILTER (WHERE s.day > l.day - 7)::bigint AS messages,
           sum(s.own) FILTER (WHERE s.day > l.day - 7)::bigint AS own,
           sum(s.own_pass) FILTER (WHERE s.day > l.day - 7)::bigint AS own_pass,
           coalesce(sum(s.own) FILTER (WHERE s.day <= l.day - 7), 0)::bigint AS own_before,
           coalesce(sum(s.own_pass) FILTER (WHERE s.day <= l.day - 7), 0)::bigint AS own_pass_before,
           sum(s.forged) FILTER (WHERE s.day > l.day - 7)::bigint AS forged
    FROM domain_state s
    WHERE s.domain_id = d.id AND s.day > l.day - 14 AND s.day <= l.day) w
WHERE $1::text[] IS NULL OR d.name = ANY ($1::text[])
ORDER BY d.name COLLATE "C"
