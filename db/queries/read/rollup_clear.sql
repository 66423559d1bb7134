-- $1 domain ids, $2 month
DELETE FROM sender_month WHERE domain_id = ANY ($1::bigint[]) AND month = $2::date
