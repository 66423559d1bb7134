-- -> name, type, outcome, message, asked_at, failed_outcome, failed_at (0: never), failed_servers; $1: not older than (seconds since 1970)
SELECT name, type, outcome, message, extract(epoch FROM asked_at)::bigint, failed_outcome,
    coalesce(extract(epoch FROM failed_at)::bigint, 0), failed_servers
FROM dns_snapshot
WHERE greatest(asked_at, failed_at) >= to_timestamp($1::bigint)
