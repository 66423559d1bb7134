-- $1 bytes, $2 things that may stay: those that were not met for longest go. Bytes count where they were met last.
WITH held AS (
    SELECT q.id, q.last_seen,
           CASE WHEN row_number() OVER (PARTITION BY q.kept ORDER BY q.last_seen DESC, q.id DESC) = 1
                THEN octet_length(b.bytes) ELSE 0 END AS size
    FROM quarantine q
    JOIN quarantine_bytes b ON b.digest = q.kept
), summed AS (
    SELECT id, row_number() OVER newest AS things, sum(size) OVER newest AS bytes
    FROM held
    WINDOW newest AS (ORDER BY last_seen DESC, id DESC ROWS UNBOUNDED PRECEDING)
)
DELETE FROM quarantine WHERE id IN (SELECT id FROM summed WHERE bytes > $1::bigint OR things > $2::bigint)
