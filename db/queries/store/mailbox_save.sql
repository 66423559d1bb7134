-- $1 name, $2 uidvalidity, $3 ranges of UIDs as a multirange: they are added to what is done, or
-- begin anew where the UIDVALIDITY is another
INSERT INTO mailbox AS m (name, uidvalidity, done)
VALUES ($1, $2::bigint, $3::int8multirange)
ON CONFLICT (name) DO UPDATE
SET done = CASE WHEN m.uidvalidity = excluded.uidvalidity THEN m.done + excluded.done ELSE excluded.done END,
    uidvalidity = excluded.uidvalidity,
    changed_at = now()
