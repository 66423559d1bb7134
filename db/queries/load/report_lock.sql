-- $1 domain id, $2 identity, $3 day -> the stored report, which nobody else changes from now on: report_id, standing,
-- content, records, messages, auth, auth_by, auth_domain, source. Written anew as it is: that locks it, on every node
UPDATE report SET standing = standing
WHERE domain_id = $1::bigint AND identity = $2::bytea AND day = $3::date
RETURNING report_id, standing, content, records, messages, auth, auth_by, auth_domain, source
