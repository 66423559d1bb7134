-- Bytes to which nothing points any more. Under the lock that keeps others from pointing to them.
DELETE FROM quarantine_bytes b WHERE NOT EXISTS (SELECT FROM quarantine q WHERE q.kept = b.digest)
