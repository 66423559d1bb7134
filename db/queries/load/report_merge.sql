-- Staged reports that are new, in key order so that two loaders cannot deadlock -> report_id of each.
INSERT INTO report (domain_id, report_id, identity, content, reporter_id, external_id, begin_at, end_at, day,
                    format, version, generator, extra_contact_info, errors, p, sp, np, adkim, aspf, pct, fo,
                    testing, discovery_method, records, messages, dmarc_pass, quarantined, rejected,
                    warnings, source, run_id, auth, auth_by, auth_domain, standing)
SELECT domain_id, report_id, identity, content, reporter_id, external_id, begin_at, end_at, day,
       format, version, generator, extra_contact_info, errors, p, sp, np, adkim, aspf, pct, fo,
       testing, discovery_method, records, messages, dmarc_pass, quarantined, rejected,
       warnings, source, run_id, auth, auth_by, auth_domain, standing
FROM stage_report
ORDER BY domain_id, day, identity
ON CONFLICT (domain_id, day, identity) DO NOTHING
RETURNING report_id
