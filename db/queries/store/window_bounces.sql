-- $1 domain names, $2 first day, $3 day behind the last -> refusals, columns as in bounce_list.sql, those of a domain
-- together, the newest first
SELECT d.name, b.day, b.class, b.rule, b.by_us, b.delayed, b.ours, b.code, b.status, b.phase, b.reply, b.receiver_host,
       b.receiver_org, b.recipient_domain, b.ip, b.mail_from_domain, b.header_from_domain, b.count
FROM bounce b
JOIN domain d ON d.id = b.domain_id
WHERE d.name = ANY ($1::text[]) AND b.day >= $2::date AND b.day < $3::date
ORDER BY d.name COLLATE "C", b.day DESC, b.count DESC, b.id
