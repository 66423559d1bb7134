-- $1 names, $2 since, $3 until -> name, day, its reports, their reporters, what tells its reports from others (null: it has
-- none), what it was judged from (null: it is to be judged again), was it judged
SELECT d.name, t.day, coalesce(max(t.reports), 0), coalesce(max(t.reporters), 0), max(t.basis), max(t.judged), bool_or(t.there)
FROM (SELECT r.domain_id, r.day, count(*) AS reports, count(DISTINCT r.reporter_id) AS reporters,
             concat_ws('.', count(*), sum(r.messages), sum(r.report_id), sum(r.standing)) AS basis,
             NULL::text AS judged, false AS there
      FROM report r
      WHERE r.domain_id = ANY (ARRAY(SELECT id FROM domain WHERE name = ANY ($1::text[])))
        AND r.day >= $2::date AND r.day < $3::date
      GROUP BY r.domain_id, r.day
      UNION ALL
      SELECT s.domain_id, s.day, NULL, NULL, NULL, s.basis, true
      FROM domain_state s
      WHERE s.domain_id = ANY (ARRAY(SELECT id FROM domain WHERE name = ANY ($1::text[])))
        AND s.day >= $2::date AND s.day < $3::date) t
JOIN domain d ON d.id = t.domain_id
GROUP BY d.name, t.domain_id, t.day
ORDER BY d.name COLLATE "C", t.day
