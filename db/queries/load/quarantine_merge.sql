-- What is staged, once: another process may have set aside the same meanwhile. Bytes are null where they are kept.
WITH kept AS (
    INSERT INTO quarantine_bytes (digest, bytes)
    SELECT kept, bytes FROM stage_quarantine WHERE bytes IS NOT NULL
    ON CONFLICT DO NOTHING
), merged AS (
    INSERT INTO quarantine (digest, outcome, reason, source, size, truncated, kept, domain_id, identity, content,
                            auth, auth_by, auth_domain, standing)
    SELECT digest, outcome, reason, source, size, truncated, kept, domain_id, identity, content,
           auth, auth_by, auth_domain, standing
    FROM stage_quarantine
    ON CONFLICT DO NOTHING
    RETURNING id
), gone AS (
    DELETE FROM stage_quarantine RETURNING digest
)
SELECT count(*) FROM merged
