-- $1 domain id, $2 month, $3 profile ids -> all of each profile
SELECT profile_id, header_from, envelope_from, envelope_to, disposition, eval_dkim, eval_spf,
       dkim_domain, dkim_selector, dkim_result, dkim_human, spf_domain, spf_scope, spf_result, spf_human,
       reason_type, reason_comment, adkim, aspf, aligned_dkim, aligned_spf, cell, flags
FROM profile
WHERE domain_id = $1::bigint AND month = $2::date AND profile_id = ANY ($3::bigint[])
