-- $1 domain id, $2 sender; $3 verdict, $4 name, $5 owner: NULL keeps what is there, '' clears the owner;
-- $6 whether to set $7 until -> the row as it is now, columns as in label_list.sql
INSERT INTO sender_label AS l (domain_id, sender, verdict, name, owner, until)
VALUES ($1::bigint, $2, $3, $4, nullif($5, ''), $7::date)
ON CONFLICT (domain_id, sender) DO UPDATE
SET verdict = coalesce($3, l.verdict),
    name = coalesce($4, l.name),
    owner = CASE WHEN $5::text IS NULL THEN l.owner ELSE nullif($5, '') END,
    until = CASE WHEN $6::boolean THEN $7::date ELSE l.until END,
    set_at = now()
RETURNING NULL::text, sender, verdict, name, owner, until,
          to_char(set_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
