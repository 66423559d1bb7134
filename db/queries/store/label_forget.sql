-- $1 domain, $2 sender
DELETE FROM sender_label
WHERE domain_id = (SELECT id FROM domain WHERE name = $1) AND sender = $2
