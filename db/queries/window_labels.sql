-- $1 domain name -> its labels, columns as in label_list.sql
SELECT NULL::text, l.sender, l.verdict, l.name, l.owner, l.until, NULL::text
FROM sender_label l
JOIN domain d ON d.id = l.domain_id
WHERE d.name = $1
ORDER BY l.sender COLLATE "C"
