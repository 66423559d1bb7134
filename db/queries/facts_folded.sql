-- $1 domain id, $2 month -> source, profile, messages, records, days, reporters
SELECT source, profile_id, messages, records, days, reporters
FROM sender_month
WHERE domain_id = $1::bigint AND month = $2::date
