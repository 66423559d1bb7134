-- $1 domains (null: all), $2 first day (null: all), $3 org_name as it is written in small letters (null: all),
-- $4 report id (null: all), $5 the first day that is not wanted (null: none) -> rows of struct stored_report, newest last
SELECT d.name, o.org_name, nullif(o.email, ''), r.external_id, extract(epoch FROM r.begin_at)::bigint,
       extract(epoch FROM r.end_at)::bigint, r.records, r.messages, r.auth, r.auth_domain, r.auth_by, r.source,
       to_char(r.stored_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), r.standing, r.domain_id, r.day, r.report_id
FROM domain d
JOIN report r ON r.domain_id = d.id
JOIN reporter o ON o.id = r.reporter_id
WHERE ($1::text[] IS NULL OR d.name = ANY ($1::text[])) AND ($2::date IS NULL OR r.day >= $2::date)
  AND ($3::text IS NULL OR lower(o.org_name) = $3) AND ($4::text IS NULL OR r.external_id = $4)
  AND ($5::date IS NULL OR r.day < $5::date)
ORDER BY d.name COLLATE "C", r.day, o.org_name COLLATE "C", r.external_id COLLATE "C"
