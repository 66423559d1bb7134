-- $1 domain id, $2 month -> arrays in step: sources, profiles, messages, reporters, days, records
SELECT source, profile_id, messages, reporter_id, days, records
FROM sender_month
WHERE domain_id = $1::bigint AND month = $2::date
