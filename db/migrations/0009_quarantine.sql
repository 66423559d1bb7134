-- The bytes of what was set aside stand in a table of their own: a container with a thousand conflicts in it
-- is kept once, and each of them points to it.

CREATE TABLE quarantine_bytes (
    digest bytea PRIMARY KEY,
    bytes  bytea NOT NULL
);
-- not compressed by the server: it is compressed mostly, and is read in pieces
ALTER TABLE quarantine_bytes ALTER COLUMN bytes SET STORAGE EXTERNAL;
COMMENT ON TABLE quarantine_bytes IS 'The bytes of containers in quarantine, once each.';

-- What was there keeps its own digest: that of the bytes alone, but for conflicts.
INSERT INTO quarantine_bytes SELECT digest, bytes FROM quarantine;
ALTER TABLE quarantine ADD COLUMN kept bytea;
UPDATE quarantine SET kept = digest;
ALTER TABLE quarantine ALTER COLUMN kept SET NOT NULL, DROP COLUMN bytes;
CREATE INDEX quarantine_kept ON quarantine (kept);
COMMENT ON COLUMN quarantine.kept IS 'Its bytes: quarantine_bytes.digest.';
COMMENT ON TABLE quarantine IS 'What was set aside, and why; several may be in the same bytes.';

DO $$
DECLARE
    g record;
BEGIN
    -- whoever may read the quarantine may read what is in it
    FOR g IN SELECT a.privilege_type, coalesce(quote_ident(r.rolname), 'PUBLIC') AS grantee
             FROM pg_class c
             CROSS JOIN aclexplode(c.relacl) a
             LEFT JOIN pg_roles r ON r.oid = a.grantee
             WHERE c.oid = 'quarantine'::regclass AND a.grantee <> c.relowner
    LOOP
        EXECUTE format('GRANT %s ON quarantine_bytes TO %s', g.privilege_type, g.grantee);
    END LOOP;
END $$;
