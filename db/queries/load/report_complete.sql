-- $1 domain id. The staged row is the complete form of a report whose row went in before its records.
UPDATE report r
SET content = s.content, records = s.records, messages = s.messages, dmarc_pass = s.dmarc_pass,
    quarantined = s.quarantined, rejected = s.rejected, warnings = s.warnings
FROM stage_report s
WHERE r.domain_id = $1::bigint AND s.domain_id = r.domain_id AND s.day = r.day AND s.identity = r.identity
  AND s.records > 0
