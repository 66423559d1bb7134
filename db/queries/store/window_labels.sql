-- $1 domain names -> their labels, columns as in label_list.sql, those of a domain together
SELECT d.name, l.sender, l.verdict, l.name, l.owner, l.until, NULL::text
FROM sender_label l
JOIN domain d ON d.id = l.domain_id
WHERE d.name = ANY ($1::text[])
ORDER BY d.name COLLATE "C", l.sender COLLATE "C"
