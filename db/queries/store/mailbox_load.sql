-- $1 name, $2 uidvalidity -> ranges of UIDs that are done: first, last
SELECT lower(r), upper(r) - 1
FROM mailbox m, unnest(m.done) AS r
WHERE m.name = $1 AND m.uidvalidity = $2::bigint
ORDER BY 1
