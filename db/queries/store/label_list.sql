-- $1 domain, NULL for all -> rows of struct label
SELECT d.name, l.sender, l.verdict, l.name, l.owner, l.until,
       to_char(l.set_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
FROM sender_label l
JOIN domain d ON d.id = l.domain_id
WHERE $1::text IS NULL OR d.name = $1
ORDER BY d.name COLLATE "C", l.sender COLLATE "C"
