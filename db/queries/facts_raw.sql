-- $1 domain id, $2 since, $3 until, within one month -> source, profile, messages, records, days, reporters
SELECT u.source, u.profile_id, least(sum(u.messages), 9223372036854775807)::bigint, count(*),
       bit_or(u.day_bit), array_agg(DISTINCT u.reporter_id)
FROM (SELECT unnest(c.source) AS source, unnest(c.profile_id) AS profile_id, unnest(c.messages) AS messages,
             1 << (extract(day FROM c.day)::integer - 1) AS day_bit, r.reporter_id
      FROM record c
      JOIN report r ON r.domain_id = c.domain_id AND r.report_id = c.report_id
      WHERE c.domain_id = $1::bigint AND c.day >= $2::date AND c.day < $3::date) u
GROUP BY u.source, u.profile_id
