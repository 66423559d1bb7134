-- $1 id, $2 first byte (from 1), $3 how many -> bytes
SELECT substr(b.bytes, $2::integer, $3::integer)
FROM quarantine q
JOIN quarantine_bytes b ON b.digest = q.kept
WHERE q.id = $1::bigint
