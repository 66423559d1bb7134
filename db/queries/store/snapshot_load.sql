-- -> name, type, outcome, message, asked_at; $1: not older than (seconds since 1970)
SELECT name, type, outcome, message, extract(epoch FROM asked_at)::bigint
FROM dns_snapshot
WHERE asked_at >= to_timestamp($1::bigint)
