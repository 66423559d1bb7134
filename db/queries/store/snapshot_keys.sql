-- -> as snapshot_load.sql, of the keys of mails and of the row that says that servers are silent; $1: not older than (seconds since 1970)
SELECT name, type, outcome, message, extract(epoch FROM asked_at)::bigint, failed_outcome,
    coalesce(extract(epoch FROM failed_at)::bigint, 0), failed_servers
FROM dns_snapshot
WHERE greatest(asked_at, failed_at) >= to_timestamp($1::bigint)
    AND ((type = 16 AND name LIKE '%.\_domainkey.%') OR name = '')
