-- $1 domain id, $2 first day of the window -> the labels that count for it, columns as in label_list.sql
SELECT NULL::text, sender, verdict, name, owner, until, NULL::text
FROM sender_label
WHERE domain_id = $1::bigint AND (until IS NULL OR until > $2::date)
ORDER BY sender COLLATE "C"
