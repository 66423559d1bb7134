-- What is staged, once: another process may have set aside the same meanwhile.
WITH merged AS (
    INSERT INTO quarantine (digest, outcome, reason, source, size, truncated, bytes, domain_id, identity, content)
    SELECT digest, outcome, reason, source, size, truncated, bytes, domain_id, identity, content
    FROM stage_quarantine
    ON CONFLICT DO NOTHING
    RETURNING id
), gone AS (
    DELETE FROM stage_quarantine RETURNING digest
)
SELECT count(*) FROM merged
