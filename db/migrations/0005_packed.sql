-- What loading and keeping cost, cut down: see below. Measured on a mixed corpus, 251 bytes a record with
-- everything in it became less than half.

-- Profiles are numbered by their content: the first 8 of the 16 bytes of SHA-256 that told them apart
-- before. A loader knows the number without asking, and one index less is kept. Of arrays in step, only
-- the first is kept when it has nothing but nulls.

ALTER TABLE profile DROP CONSTRAINT profile_pkey, ALTER profile_id DROP IDENTITY,
    DROP CONSTRAINT profile_domain_id_digest_key, DROP CONSTRAINT profile_cell_check;
ALTER TABLE profile ADD COLUMN old_id bigint;
UPDATE profile
SET old_id = profile_id,
    profile_id = ('x' || encode(substr(digest, 1, 8), 'hex'))::bit(64)::bigint,
    dkim_selector = CASE WHEN array_remove(dkim_selector, NULL) <> '{}' THEN dkim_selector END,
    dkim_result = CASE WHEN array_remove(dkim_result, NULL) <> '{}' THEN dkim_result END,
    dkim_human = CASE WHEN array_remove(dkim_human, NULL) <> '{}' THEN dkim_human END,
    spf_scope = CASE WHEN array_remove(spf_scope, NULL) <> '{}' THEN spf_scope END,
    spf_result = CASE WHEN array_remove(spf_result, NULL) <> '{}' THEN spf_result END,
    spf_human = CASE WHEN array_remove(spf_human, NULL) <> '{}' THEN spf_human END,
    reason_comment = CASE WHEN array_remove(reason_comment, NULL) <> '{}' THEN reason_comment END;
ALTER TABLE profile DROP COLUMN digest, ADD PRIMARY KEY (domain_id, profile_id);
COMMENT ON COLUMN profile.profile_id IS 'From SHA-256 of all values: the same content has the same number everywhere.';
CREATE UNIQUE INDEX profile_old ON profile (domain_id, old_id);
DELETE FROM sender_month;

-- Daily totals stand in the report's row: two loaders never wait for each other to add to the same total.

ALTER TABLE report ADD COLUMN dmarc_pass bigint NOT NULL DEFAULT 0,
    ADD COLUMN quarantined bigint NOT NULL DEFAULT 0, ADD COLUMN rejected bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN report.dmarc_pass IS 'Messages with DKIM or SPF evaluated as pass; quarantined and rejected: with that disposition.';
UPDATE report r
SET dmarc_pass = coalesce(t.dmarc_pass, 0), quarantined = coalesce(t.quarantined, 0),
    rejected = coalesce(t.rejected, 0)
FROM (SELECT c.domain_id, c.report_id,
             sum(c.messages) FILTER (WHERE p.eval_dkim = 'pass' OR p.eval_spf = 'pass') AS dmarc_pass,
             sum(c.messages) FILTER (WHERE p.disposition = 'quarantine') AS quarantined,
             sum(c.messages) FILTER (WHERE p.disposition = 'reject') AS rejected
      FROM record c
      JOIN profile p ON p.domain_id = c.domain_id AND p.old_id = c.profile_id
      GROUP BY c.domain_id, c.report_id) t
WHERE t.domain_id = r.domain_id AND t.report_id = r.report_id;
ALTER TABLE rollup_month ADD COLUMN records bigint NOT NULL DEFAULT 0,
    ADD COLUMN messages bigint NOT NULL DEFAULT 0;
INSERT INTO rollup_month (domain_id, month, stale, records, messages)
SELECT domain_id, date_trunc('month', day)::date, true, sum(records),
       least(sum(messages), 9223372036854775807)
FROM report GROUP BY 1, 2
ON CONFLICT (domain_id, month)
DO UPDATE SET stale = true, records = excluded.records, messages = excluded.messages;
COMMENT ON TABLE rollup_month IS 'Which months have data and how much, and whether sender_month still says the same as record.';

-- Records packed: a row holds up to 128 of one report as arrays in step. A row of its own for each cost
-- 24 bytes of header and 40 of key for 40 of facts, and most of the time of loading.

CREATE TABLE record_packed (
    domain_id  bigint NOT NULL,
    day        date NOT NULL,
    report_id  bigint NOT NULL,
    first_no   integer NOT NULL,
    source     inet[] NOT NULL,
    profile_id bigint[] NOT NULL,
    messages   bigint[] NOT NULL,
    PRIMARY KEY (domain_id, day, report_id, first_no)
) PARTITION BY RANGE (day);

DO $$
DECLARE
    part record;
    month date;
BEGIN
    BEGIN
        ALTER TABLE record_packed ALTER source SET COMPRESSION lz4,
            ALTER profile_id SET COMPRESSION lz4, ALTER messages SET COMPRESSION lz4;
    EXCEPTION WHEN feature_not_supported THEN
        NULL; -- a server that was built without it compresses in its own way
    END;
    FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'record'::regclass AND c.relname ~ '^record_[0-9]{6}$'
    LOOP
        month := to_date(substr(part.relname, 8), 'YYYYMM');
        EXECUTE format('ALTER TABLE %I RENAME TO %I', part.relname, 'rows_' || part.relname);
        EXECUTE format('CREATE TABLE %I (LIKE record_packed INCLUDING ALL)', part.relname);
        EXECUTE format('ALTER TABLE record_packed ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       part.relname, month, (month + interval '1 month')::date);
        EXECUTE format('INSERT INTO %I
                        SELECT domain_id, day, report_id, min(record_no), array_agg(source ORDER BY record_no),
                               array_agg(p.profile_id ORDER BY record_no), array_agg(messages ORDER BY record_no)
                        FROM %I c JOIN profile p USING (domain_id)
                        WHERE p.old_id = c.profile_id
                        GROUP BY domain_id, day, report_id, record_no / 128',
                       part.relname, 'rows_' || part.relname);
    END LOOP;
END $$;

DROP VIEW v_record;
DROP TABLE record;
ALTER TABLE record_packed RENAME TO record;
ALTER INDEX record_packed_pkey RENAME TO record_pkey;
COMMENT ON TABLE record IS 'The facts, one partition (record_YYYYMM) a month; up to 128 records of a report a row, in arrays.';
COMMENT ON COLUMN record.first_no IS 'The number of the first in its report; the others follow.';
COMMENT ON COLUMN record.source IS 'Null when the report had no usable address.';

CREATE VIEW record_row AS
SELECT c.domain_id, c.day, c.report_id, c.first_no + (u.n - 1)::integer AS record_no, u.source, u.profile_id,
       u.messages
FROM record c, unnest(c.source, c.profile_id, c.messages) WITH ORDINALITY AS u(source, profile_id, messages, n);
COMMENT ON VIEW record_row IS 'The records one by one.';

CREATE VIEW v_record AS
SELECT d.name AS domain, c.day, o.org_name, c.source, c.messages, p.header_from, p.envelope_from,
       p.envelope_to, p.disposition, p.eval_dkim, p.eval_spf, p.aligned_dkim, p.aligned_spf, p.cell,
       p.dkim_domain, p.dkim_selector, p.dkim_result, p.spf_domain, p.spf_result, p.reason_type,
       p.reason_comment, c.report_id AS report_row, c.record_no
FROM record_row c
JOIN report r ON r.domain_id = c.domain_id AND r.report_id = c.report_id
JOIN profile p ON p.domain_id = c.domain_id AND p.profile_id = c.profile_id
JOIN domain d ON d.id = c.domain_id
JOIN reporter o ON o.id = r.reporter_id;
COMMENT ON VIEW v_record IS 'One row a record: who sent, how many, with which results.';

DROP VIEW v_domain_day;
DROP TABLE domain_day;
CREATE VIEW v_domain_day AS
SELECT d.name AS domain, r.day, sum(r.messages) AS messages, sum(r.dmarc_pass) AS dmarc_pass,
       sum(r.quarantined) AS quarantined, sum(r.rejected) AS rejected,
       count(DISTINCT r.reporter_id) AS reporters
FROM report r
JOIN domain d ON d.id = r.domain_id
GROUP BY d.name, r.domain_id, r.day;
COMMENT ON VIEW v_domain_day IS 'Exact totals of each domain and UTC day.';

ALTER TABLE profile DROP COLUMN old_id;

-- The row of a stored report is its entry in the ledger: source, run and time stand there already.

DROP VIEW v_ledger;
DELETE FROM ledger WHERE outcome = 'stored';
ALTER TABLE ledger DROP COLUMN report_id, DROP COLUMN warnings, DROP CONSTRAINT ledger_outcome_check,
    ADD CHECK (outcome IN ('duplicate', 'conflict', 'rejected', 'not_a_report'));
COMMENT ON TABLE ledger IS 'Every outcome but a stored report, whose own row tells it; v_ledger has both.';
CREATE VIEW v_ledger AS
SELECT l.at, l.run_id, l.source, l.outcome, l.reason, d.name AS domain, 0 AS warnings
FROM ledger l
LEFT JOIN domain d ON d.id = l.domain_id
UNION ALL
SELECT r.stored_at, r.run_id, r.source, 'stored', NULL, d.name, coalesce(cardinality(r.warnings), 0)
FROM report r
JOIN domain d ON d.id = r.domain_id;
COMMENT ON VIEW v_ledger IS 'Every outcome of every run.';
