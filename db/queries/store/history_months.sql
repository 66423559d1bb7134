-- $1 domains, $2 first day -> domain, month, judged days, messages, own, own_pass, forged; policy and verdict of the last day
SELECT d.name, date_trunc('month', s.day::timestamp)::date, count(*), sum(s.messages)::bigint, sum(s.own)::bigint, sum(s.own_pass)::bigint,
       sum(s.forged)::bigint, (array_agg(s.p ORDER BY s.day DESC))[1], (array_agg(s.verdict ORDER BY s.day DESC))[1]
FROM domain d
JOIN domain_state s ON s.domain_id = d.id
WHERE d.name = ANY ($1::text[]) AND s.day >= $2::date
GROUP BY d.name, 2
ORDER BY d.name COLLATE "C", 2
