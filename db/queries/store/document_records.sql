-- $1 domain id, $2 day, $3 report id -> its records in order, all columns as text
SELECT host(c.source), m.source_raw, c.messages::text, coalesce(m.flags, 0)::text, p.disposition, p.eval_dkim, p.eval_spf,
       p.reason_type, p.reason_comment, p.header_from, p.envelope_from, p.envelope_to,
       p.dkim_domain, p.dkim_selector, p.dkim_result, p.dkim_human, p.spf_domain, p.spf_scope, p.spf_result, p.spf_human
FROM record_row c
JOIN profile p ON p.domain_id = c.domain_id AND p.month = date_trunc('month', $2::date::timestamp)::date
              AND p.profile_id = c.profile_id
LEFT JOIN record_mark m ON m.domain_id = c.domain_id AND m.report_id = c.report_id AND m.record_no = c.record_no
WHERE c.domain_id = $1::bigint AND c.day = $2::date AND c.report_id = $3::bigint AND p.domain_id = $1::bigint
ORDER BY c.record_no
