-- $1 domain id, $2 day, $3 report id -> the head of the report, as text
SELECT d.name, o.org_name, nullif(o.email, ''), r.external_id, extract(epoch FROM r.begin_at)::bigint,
       extract(epoch FROM r.end_at)::bigint, r.extra_contact_info, r.generator, r.version, r.adkim, r.aspf, r.p, r.sp,
       r.np, r.pct, r.fo, r.testing, r.discovery_method, array_to_string(r.errors, chr(31)), r.format
FROM report r
JOIN domain d ON d.id = r.domain_id
JOIN reporter o ON o.id = r.reporter_id
WHERE r.domain_id = $1::bigint AND r.day = $2::date AND r.report_id = $3::bigint
