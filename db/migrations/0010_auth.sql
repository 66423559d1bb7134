-- Who sent a report: what is known of the mail that brought it, and what that makes of its word.

ALTER TABLE report
    ADD auth text NOT NULL DEFAULT 'unknown'
        CHECK (auth IN ('unknown', 'aligned', 'unaligned', 'none', 'fail')),
    ADD auth_by text CHECK (auth_by IN ('dkim', 'authentication-results')),
    ADD auth_domain text,
    ADD standing integer NOT NULL DEFAULT 0 CHECK (standing BETWEEN 0 AND 3);
COMMENT ON COLUMN report.auth IS 'Of the mail: aligned, unaligned, none, fail; unknown also where there was none.';
COMMENT ON COLUMN report.standing IS 'Its word counts as of: 0 a file; 1 the organisation itself, proved; 2 a mail that proves nothing; 3 what a person accepted.';

ALTER TABLE quarantine
    ADD auth text,
    ADD auth_by text,
    ADD auth_domain text,
    ADD standing integer;
COMMENT ON COLUMN quarantine.standing IS 'As in report; null: never known.';

-- Which domain signs for an organisation is learned by days. Names are folded: small letters, one blank.

CREATE TABLE reporter_day (
    org         text COLLATE "C" NOT NULL,
    day         date NOT NULL,
    auth_domain text COLLATE "C" NOT NULL,
    PRIMARY KEY (org, day, auth_domain)
);
COMMENT ON TABLE reporter_day IS 'Days of which reports in the name of an organisation came by mail, and by whom signed (organisational domain); empty: by nobody who can be told.';

CREATE TABLE reporter_trust (
    org         text COLLATE "C" NOT NULL,
    auth_domain text COLLATE "C" NOT NULL,
    how         text NOT NULL CHECK (how IN ('listed', 'own', 'learned', 'usual')),
    since       date NOT NULL DEFAULT current_date,
    PRIMARY KEY (org, auth_domain)
);
COMMENT ON TABLE reporter_trust IS 'Domains that sign for an organisation. With an empty one (usual): its reports usually are proved, so those that are not count for nothing.';

-- The identity of a report is compared with the name of its organisation folded, so that capitals make no
-- second report. Of two that fold into one the first keeps the place, the other its old identity.

CREATE FUNCTION pg_temp.fold(name text) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT btrim(regexp_replace(translate(name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'),
                                '[ \t\n\v\f\r]+', ' ', 'g'), ' ')
$$;
CREATE FUNCTION pg_temp.identity(org text, id text, since timestamptz, until timestamptz) RETURNS bytea
IMMUTABLE LANGUAGE sql AS $$
    SELECT substr(sha256(int8send(octet_length(convert_to(org, 'UTF8'))::bigint) || convert_to(org, 'UTF8')
                         || int8send(octet_length(convert_to(id, 'UTF8'))::bigint) || convert_to(id, 'UTF8')
                         || int8send(extract(epoch FROM since)::bigint) || int8send(extract(epoch FROM until)::bigint)),
                  1, 16)
$$;

CREATE TEMPORARY TABLE folded ON COMMIT DROP AS
SELECT r.domain_id, r.day, r.report_id, r.identity AS old,
       pg_temp.identity(pg_temp.fold(o.org_name), r.external_id, r.begin_at, r.end_at) AS new
FROM report r
JOIN reporter o ON o.id = r.reporter_id
WHERE pg_temp.fold(o.org_name) <> o.org_name
  AND r.identity = pg_temp.identity(o.org_name, r.external_id, r.begin_at, r.end_at);

DELETE FROM folded f
USING (SELECT domain_id, day, report_id, row_number() OVER (PARTITION BY domain_id, day, new ORDER BY report_id) AS n
       FROM folded) d
WHERE d.n > 1 AND d.domain_id = f.domain_id AND d.day = f.day AND d.report_id = f.report_id;
DELETE FROM folded f
USING report r
WHERE r.domain_id = f.domain_id AND r.day = f.day AND r.identity = f.new;

UPDATE report r SET identity = f.new
FROM folded f
WHERE r.domain_id = f.domain_id AND r.day = f.day AND r.identity = f.old;
UPDATE quarantine q SET identity = f.new
FROM folded f
WHERE q.domain_id = f.domain_id AND q.identity = f.old;
COMMENT ON COLUMN report.identity IS 'SHA-256, cut to 16 bytes, of org_name folded, report id, begin and end.';

-- The public face: new columns at the end.

CREATE OR REPLACE VIEW v_report AS
SELECT d.name AS domain, o.org_name, o.email, r.external_id AS report_id, r.begin_at, r.end_at, r.day,
       r.format, r.p, r.sp, r.np, r.adkim, r.aspf, r.pct, r.testing, r.records, r.messages, r.warnings,
       r.source, r.stored_at, r.auth, r.auth_domain, r.auth_by
FROM report r
JOIN domain d ON d.id = r.domain_id
JOIN reporter o ON o.id = r.reporter_id;

-- Folds tell what a proved report said from what others said in the same name.

UPDATE rollup_month SET stale = true;
