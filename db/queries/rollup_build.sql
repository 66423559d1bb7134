-- $1 domain id, $2 month: fold the month's records by source and profile
INSERT INTO sender_month (domain_id, month, source, profile_id, messages, records, days, reporters)
SELECT c.domain_id, $2::date, coalesce(c.source, '0.0.0.0/0'::inet), c.profile_id, least(sum(c.messages), 9223372036854775807)::bigint, count(*),
       bit_or(1 << (extract(day FROM c.day)::integer - 1)), array_agg(DISTINCT r.reporter_id)
FROM record c
JOIN report r ON r.domain_id = c.domain_id AND r.report_id = c.report_id
WHERE c.domain_id = $1::bigint AND c.day >= $2::date AND c.day < ($2::date + interval '1 month')::date
GROUP BY c.domain_id, coalesce(c.source, '0.0.0.0/0'::inet), c.profile_id
