-- -> oldest and newest day with a report: a look at both ends of the index for each domain
SELECT min(r.oldest), max(r.newest)
FROM (SELECT (SELECT min(day) FROM report r WHERE r.domain_id = m.domain_id) AS oldest,
             (SELECT max(day) FROM report r WHERE r.domain_id = m.domain_id) AS newest
      FROM (SELECT DISTINCT domain_id FROM rollup_month) m) r
