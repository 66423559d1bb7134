-- The last answer of each question stays, and beside it the last failure since; only where no answer ever came, the failure
-- stands in its place. In key order, so that two runs cannot wait for each other.
INSERT INTO dns_snapshot AS kept (name, type, outcome, message, asked_at, failed_outcome, failed_at, failed_servers)
SELECT name, type, outcome, message, asked_at, CASE WHEN servers IS NOT NULL THEN outcome END,
    CASE WHEN servers IS NOT NULL THEN asked_at END, servers
FROM stage_snapshot
ORDER BY name, type
ON CONFLICT (name, type)
DO UPDATE SET failed_outcome = excluded.failed_outcome,
    failed_at = excluded.failed_at,
    failed_servers = excluded.failed_servers,
    (outcome, message, asked_at) = (
        SELECT kept.outcome, kept.message, kept.asked_at
        WHERE excluded.failed_at IS NOT NULL AND kept.outcome IN ('ok', 'nxdomain', 'nodata')
        UNION ALL
        SELECT excluded.outcome, excluded.message, excluded.asked_at
        WHERE excluded.failed_at IS NULL OR kept.outcome NOT IN ('ok', 'nxdomain', 'nodata'))
WHERE kept.asked_at <= excluded.asked_at
    OR kept.asked_at > now() -- of a clock that ran ahead
    OR (excluded.failed_at IS NULL AND kept.outcome NOT IN ('ok', 'nxdomain', 'nodata'))
