-- Of the staged reports that were there already -> staged report_id; content, source, standing and auth of the stored one
SELECT s.report_id, r.content, r.source, r.standing, r.auth
FROM stage_report s
JOIN report r ON r.domain_id = s.domain_id AND r.day = s.day AND r.identity = s.identity
WHERE r.report_id <> s.report_id
