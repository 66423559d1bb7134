-- The last answer of each question stays; in key order, so that two runs cannot wait for each other.
INSERT INTO dns_snapshot (name, type, outcome, message, asked_at)
SELECT name, type, outcome, message, asked_at
FROM stage_snapshot
ORDER BY name, type
ON CONFLICT (name, type)
DO UPDATE SET outcome = excluded.outcome, message = excluded.message, asked_at = excluded.asked_at
WHERE dns_snapshot.asked_at <= excluded.asked_at
