-- $1 domain id, $2 since, $3 until, within one month -> source, profile, messages, records, days, reporters
SELECT c.source, c.profile_id, least(sum(c.messages), 9223372036854775807)::bigint, count(*),
       bit_or(1 << (extract(day FROM c.day)::integer - 1)), array_agg(DISTINCT r.reporter_id)
FROM record c
JOIN report r ON r.domain_id = c.domain_id AND r.report_id = c.report_id
WHERE c.domain_id = $1::bigint AND c.day >= $2::date AND c.day < $3::date
GROUP BY c.source, c.profile_id
