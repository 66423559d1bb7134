-- $1 domain id, $2 month -> the parts of its fold, in order
SELECT fold
FROM sender_month
WHERE domain_id = $1::bigint AND month = $2::date
ORDER BY part
