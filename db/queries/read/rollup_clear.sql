-- $1 domain id, $2 month
DELETE FROM sender_month WHERE domain_id = $1::bigint AND month = $2::date
