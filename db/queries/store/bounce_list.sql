-- $1 domain names (null: all), $2 first day (null: all), $3 day behind the last (null: all) -> refusals, by domain, the
-- newest day first, and the most in it
SELECT d.name, b.day, b.class, b.rule, b.by_us, b.delayed, b.ours, b.code, b.status, b.phase, b.reply, b.receiver_host,
       b.receiver_org, b.recipient_domain, b.ip, b.mail_from_domain, b.header_from_domain, b.count
FROM bounce b
JOIN domain d ON d.id = b.domain_id
WHERE ($1::text[] IS NULL OR d.name = ANY ($1))
  AND ($2::date IS NULL OR b.day >= $2)
  AND ($3::date IS NULL OR b.day < $3)
ORDER BY d.name COLLATE "C", b.day DESC, b.count DESC, b.id
