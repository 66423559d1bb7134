-- Reports and profiles go into a partition for each month, as records do. Loading then touches only what
-- is of the months that arrive, however much history there is: the keys of reports and profiles are hashes,
-- and each new one fell on another page of an index over all years. db prune drops whole months of them,
-- and a question finds the profiles of its months side by side.

-- What was granted on what is made anew is granted again at the end.

CREATE TEMPORARY TABLE granted ON COMMIT DROP AS
SELECT c.relname, coalesce(quote_ident(g.rolname), 'PUBLIC') AS grantee, a.privilege_type, a.is_grantable
FROM pg_class c
CROSS JOIN aclexplode(c.relacl) a
LEFT JOIN pg_roles g ON g.oid = a.grantee
WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'record'::regclass)
  AND c.relkind IN ('r', 'v') AND a.grantee <> c.relowner;

ALTER TABLE report RENAME TO report_all;
ALTER TABLE profile RENAME TO profile_all;
ALTER INDEX report_pkey RENAME TO report_all_pkey;
ALTER INDEX profile_pkey RENAME TO profile_all_pkey;

-- One key, which leads by what is asked for. The day follows from begin and end, which are part of the
-- identity: a report that comes again comes with the same day.
CREATE TABLE report (
    LIKE report_all INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS,
    PRIMARY KEY (domain_id, day, identity)
) PARTITION BY RANGE (day);
COMMENT ON TABLE report IS 'One row a stored report, one partition (report_YYYYMM) a month.';
COMMENT ON COLUMN report.report_id IS 'From report_id_seq: unique without an index that says so.';

-- Lists in step are texts, their elements between unit separators (U+001F), a null one a record separator
-- (U+001E): XML has neither. As arrays they had 20 bytes of head each, and took a call for each element to load.
CREATE TABLE profile (
    domain_id      bigint NOT NULL,
    month          date NOT NULL,
    profile_id     bigint NOT NULL,
    header_from    text,
    envelope_from  text,
    envelope_to    text,
    disposition    text,
    eval_dkim      text,
    eval_spf       text,
    dkim_domain    text,
    dkim_selector  text,
    dkim_result    text,
    dkim_human     text,
    spf_domain     text,
    spf_scope      text,
    spf_result     text,
    spf_human      text,
    reason_type    text,
    reason_comment text,
    adkim          text NOT NULL,
    aspf           text NOT NULL,
    aligned_dkim   boolean NOT NULL,
    aligned_spf    boolean NOT NULL,
    cell           text NOT NULL,
    flags          integer NOT NULL,
    PRIMARY KEY (domain_id, month, profile_id)
) PARTITION BY RANGE (month);
COMMENT ON TABLE profile IS 'Everything about a record except who, when and how many, stored once a month; one partition (profile_YYYYMM) a month.';
COMMENT ON COLUMN profile.dkim_domain IS 'A list, as are the other columns of signatures, SPF results and reasons: string_to_array(dkim_domain, chr(31), chr(30)).';
COMMENT ON COLUMN profile.profile_id IS 'From SHA-256 of all values: the same content has the same number everywhere.';

DO $$
DECLARE
    first date;
    name text;
BEGIN
    FOR first IN SELECT DISTINCT date_trunc('month', day::timestamp)::date FROM report_all
                 UNION
                 SELECT to_date(substr(c.relname, 8), 'YYYYMM')
                 FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                 WHERE i.inhparent = 'record'::regclass AND c.relname ~ '^record_[0-9]{6}$'
    LOOP
        FOREACH name IN ARRAY ARRAY['report', 'record', 'profile'] LOOP
            EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                           name || to_char(first, '_YYYYMM'), name, first, (first + interval '1 month')::date);
        END LOOP;
        EXECUTE format('INSERT INTO %I SELECT * FROM report_all WHERE day >= %L AND day < %L',
                       'report' || to_char(first, '_YYYYMM'), first, (first + interval '1 month')::date);
        EXECUTE format('INSERT INTO %I
                        SELECT domain_id, %L, profile_id, header_from, envelope_from, envelope_to, disposition,
                               eval_dkim, eval_spf,
                               array_to_string(dkim_domain, chr(31), chr(30)),
                               array_to_string(dkim_selector, chr(31), chr(30)),
                               array_to_string(dkim_result, chr(31), chr(30)),
                               array_to_string(dkim_human, chr(31), chr(30)),
                               array_to_string(spf_domain, chr(31), chr(30)),
                               array_to_string(spf_scope, chr(31), chr(30)),
                               array_to_string(spf_result, chr(31), chr(30)),
                               array_to_string(spf_human, chr(31), chr(30)),
                               array_to_string(reason_type, chr(31), chr(30)),
                               array_to_string(reason_comment, chr(31), chr(30)),
                               adkim, aspf, aligned_dkim, aligned_spf, cell, flags
                        FROM profile_all
                        JOIN (SELECT DISTINCT domain_id, unnest(profile_id) AS profile_id FROM %I) used
                            USING (domain_id, profile_id)
                        ORDER BY domain_id, profile_id',
                       'profile' || to_char(first, '_YYYYMM'), first, 'record' || to_char(first, '_YYYYMM'));
    END LOOP;
END $$;

DROP VIEW v_report, v_record, record_row, v_domain_day, v_ledger;
DROP TABLE report_all, profile_all;

-- A fold holds all that is asked of a domain's month, profiles and totals of days included, packed by
-- who reads it (db/fold.h). Arrays of it took the server one call for each value to send.

DROP TABLE sender_month;
CREATE TABLE sender_month (
    domain_id bigint NOT NULL,
    month     date NOT NULL,
    part      integer NOT NULL,
    fold      bytea NOT NULL,
    PRIMARY KEY (domain_id, month, part)
);
COMMENT ON TABLE sender_month IS 'Closed months folded by source, profile, reporter and day: what inventory and readiness read. SQL reads v_record.';
COMMENT ON COLUMN sender_month.fold IS 'The bytes of part 0, 1, 2 ... one behind the other.';
UPDATE rollup_month SET stale = true;

DO $$
BEGIN
    ALTER TABLE sender_month ALTER fold SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL; -- a server that was built without it compresses in its own way
END $$;

-- How many reports a month has, so that nobody counts them.

ALTER TABLE rollup_month ADD COLUMN reports bigint NOT NULL DEFAULT 0;
UPDATE rollup_month m
SET reports = r.n
FROM (SELECT domain_id, date_trunc('month', day::timestamp)::date AS month, count(*) AS n FROM report GROUP BY 1, 2) r
WHERE r.domain_id = m.domain_id AND r.month = m.month;
COMMENT ON TABLE rollup_month IS 'Which months have data and how much, and whether sender_month still says the same as record.';

-- The public face again. The report comes first: all who read take their locks in this order.

CREATE VIEW record_row AS
SELECT c.domain_id, c.day, c.report_id, c.first_no + (u.n - 1)::integer AS record_no, u.source, u.profile_id,
       u.messages
FROM record c, unnest(c.source, c.profile_id, c.messages) WITH ORDINALITY AS u(source, profile_id, messages, n);
COMMENT ON VIEW record_row IS 'The records one by one.';

CREATE VIEW v_report AS
SELECT d.name AS domain, o.org_name, o.email, r.external_id AS report_id, r.begin_at, r.end_at, r.day,
       r.format, r.p, r.sp, r.np, r.adkim, r.aspf, r.pct, r.testing, r.records, r.messages, r.warnings,
       r.source, r.stored_at
FROM report r
JOIN domain d ON d.id = r.domain_id
JOIN reporter o ON o.id = r.reporter_id;
COMMENT ON VIEW v_report IS 'One row a stored report.';

CREATE VIEW v_record AS
SELECT d.name AS domain, c.day, o.org_name, c.source, c.messages, p.header_from, p.envelope_from,
       p.envelope_to, p.disposition, p.eval_dkim, p.eval_spf, p.aligned_dkim, p.aligned_spf, p.cell,
       string_to_array(p.dkim_domain, chr(31), chr(30)) AS dkim_domain,
       string_to_array(p.dkim_selector, chr(31), chr(30)) AS dkim_selector,
       string_to_array(p.dkim_result, chr(31), chr(30)) AS dkim_result,
       string_to_array(p.spf_domain, chr(31), chr(30)) AS spf_domain,
       string_to_array(p.spf_result, chr(31), chr(30)) AS spf_result,
       string_to_array(p.reason_type, chr(31), chr(30)) AS reason_type,
       string_to_array(p.reason_comment, chr(31), chr(30)) AS reason_comment,
       c.report_id AS report_row, c.record_no
FROM report r
JOIN record_row c ON c.domain_id = r.domain_id AND c.day = r.day AND c.report_id = r.report_id
JOIN profile p ON p.domain_id = c.domain_id AND p.month = date_trunc('month', c.day::timestamp)::date
              AND p.profile_id = c.profile_id
JOIN domain d ON d.id = c.domain_id
JOIN reporter o ON o.id = r.reporter_id;
COMMENT ON VIEW v_record IS 'One row a record: who sent, how many, with which results.';

CREATE VIEW v_domain_day AS
SELECT d.name AS domain, r.day, sum(r.messages) AS messages, sum(r.dmarc_pass) AS dmarc_pass,
       sum(r.quarantined) AS quarantined, sum(r.rejected) AS rejected,
       count(DISTINCT r.reporter_id) AS reporters
FROM report r
JOIN domain d ON d.id = r.domain_id
GROUP BY d.name, r.domain_id, r.day;
COMMENT ON VIEW v_domain_day IS 'Exact totals of each domain and UTC day.';

CREATE VIEW v_ledger AS
SELECT l.at, l.run_id, l.source, l.outcome, l.reason, d.name AS domain, 0 AS warnings
FROM ledger l
LEFT JOIN domain d ON d.id = l.domain_id
UNION ALL
SELECT r.stored_at, r.run_id, r.source, 'stored', NULL, d.name, coalesce(cardinality(r.warnings), 0)
FROM report r
JOIN domain d ON d.id = r.domain_id;
COMMENT ON VIEW v_ledger IS 'Every outcome of every run.';

DO $$
DECLARE
    g record;
BEGIN
    FOR g IN SELECT * FROM granted
             WHERE relname IN ('report', 'profile', 'sender_month', 'record_row', 'v_report', 'v_record', 'v_domain_day', 'v_ledger')
    LOOP
        EXECUTE format('GRANT %s ON %I TO %s%s', g.privilege_type, g.relname, g.grantee,
                       CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
    END LOOP;
END $$;
