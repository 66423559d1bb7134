-- $1 digest: met again -> its id, or no row
UPDATE quarantine SET last_seen = now() WHERE digest = $1 RETURNING id
