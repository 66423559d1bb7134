-- $1 domain id, $2 since, $3 until -> org_name, its reporter ids, number of reports, messages
SELECT o.org_name, array_agg(o.id ORDER BY o.id), sum(r.reports)::bigint,
       least(sum(r.messages), 9223372036854775807)::bigint
FROM (SELECT reporter_id, count(*) AS reports, sum(messages) AS messages
      FROM report
      WHERE domain_id = $1::bigint AND day >= $2::date AND day < $3::date
      GROUP BY reporter_id) r
JOIN reporter o ON o.id = r.reporter_id
GROUP BY o.org_name
ORDER BY o.org_name COLLATE "C"
