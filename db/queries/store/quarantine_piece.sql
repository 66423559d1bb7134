-- $1 id, $2 first byte (from 1), $3 how many -> bytes
SELECT substr(bytes, $2::integer, $3::integer) FROM quarantine WHERE id = $1::bigint
