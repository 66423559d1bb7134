-- $1 domain id, $2 month: fold the month's records by profile, source and reporter, 128 a row
INSERT INTO sender_month (domain_id, month, pack, source, profile_id, reporter_id, messages, records, days)
SELECT $1::bigint, $2::date, n / 128, array_agg(source), array_agg(profile_id), array_agg(reporter_id),
       array_agg(messages), array_agg(records), array_agg(days)
FROM (SELECT source, profile_id, reporter_id, least(sum(messages), 9223372036854775807)::bigint AS messages,
             count(*) AS records, bit_or(day_bit) AS days,
             (row_number() OVER (ORDER BY profile_id, source, reporter_id) - 1)::integer AS n
      FROM (SELECT unnest(c.source) AS source, unnest(c.profile_id) AS profile_id,
                   unnest(c.messages) AS messages, 1 << (extract(day FROM c.day)::integer - 1) AS day_bit,
                   r.reporter_id
            FROM record c
            JOIN report r ON r.domain_id = c.domain_id AND r.report_id = c.report_id AND r.day = c.day
            WHERE c.domain_id = $1::bigint AND c.day >= $2::date AND c.day < ($2::date + interval '1 month')::date
              AND r.day >= $2::date AND r.day < ($2::date + interval '1 month')::date) u
      GROUP BY profile_id, source, reporter_id) f
GROUP BY n / 128
