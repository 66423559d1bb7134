-- $1 domain id, $2 month: fold the month's records by source and profile
INSERT INTO sender_month (domain_id, month, source, profile_id, messages, records, days, reporters)
SELECT $1::bigint, $2::date, coalesce(u.source, '0.0.0.0/0'::inet), u.profile_id,
       least(sum(u.messages), 9223372036854775807)::bigint, count(*),
       bit_or(u.day_bit), array_agg(DISTINCT u.reporter_id)
FROM (SELECT unnest(c.source) AS source, unnest(c.profile_id) AS profile_id, unnest(c.messages) AS messages,
             1 << (extract(day FROM c.day)::integer - 1) AS day_bit, r.reporter_id
      FROM record c
      JOIN report r ON r.domain_id = c.domain_id AND r.report_id = c.report_id
      WHERE c.domain_id = $1::bigint AND c.day >= $2::date AND c.day < ($2::date + interval '1 month')::date) u
GROUP BY coalesce(u.source, '0.0.0.0/0'::inet), u.profile_id
