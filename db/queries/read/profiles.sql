-- $1 domain ids, $2 month, $3 profile ids in step with $1 -> all of each profile, domain_id
SELECT p.profile_id, header_from, envelope_from, envelope_to, disposition, eval_dkim, eval_spf,
       dkim_domain, dkim_selector, dkim_result, dkim_human, spf_domain, spf_scope, spf_result, spf_human,
       reason_type, reason_comment, adkim, aspf, aligned_dkim, aligned_spf, cell, flags, p.domain_id
FROM unnest($1::bigint[], $3::bigint[]) AS t(domain_id, profile_id)
JOIN profile p ON p.domain_id = t.domain_id AND p.month = $2::date AND p.profile_id = t.profile_id
