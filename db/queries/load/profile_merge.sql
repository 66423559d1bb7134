-- Staged profiles that are new, in key order so that two loaders cannot deadlock.
INSERT INTO profile (domain_id, month, profile_id, header_from, envelope_from, envelope_to, disposition, eval_dkim,
                     eval_spf, dkim_domain, dkim_selector, dkim_result, dkim_human, spf_domain, spf_scope,
                     spf_result, spf_human, reason_type, reason_comment, adkim, aspf, aligned_dkim,
                     aligned_spf, cell, flags)
SELECT domain_id, month, profile_id, header_from, envelope_from, envelope_to, disposition, eval_dkim,
       eval_spf, dkim_domain, dkim_selector, dkim_result, dkim_human, spf_domain, spf_scope,
       spf_result, spf_human, reason_type, reason_comment, adkim, aspf, aligned_dkim,
       aligned_spf, cell, flags
FROM stage_profile
ORDER BY month, domain_id, profile_id
ON CONFLICT (domain_id, month, profile_id) DO NOTHING
