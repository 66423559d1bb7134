-- $1 digest: met again -> its id, or null; $2 digest of its bytes -> whether they are kept
WITH touched AS (UPDATE quarantine SET last_seen = now() WHERE digest = $1 RETURNING id)
SELECT (SELECT id FROM touched), EXISTS (SELECT FROM quarantine_bytes WHERE digest = $2)
