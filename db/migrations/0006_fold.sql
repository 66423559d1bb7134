-- Folded months packed as records are: a row of its own for each address and profile took more room than
-- the records it stood for (200 bytes against 50), and most of the time of reading. The reporter is one of
-- the things folded by, so that a fold reads like records do. What was folded is folded again when asked for.

DROP TABLE sender_month;
CREATE TABLE sender_month (
    domain_id   bigint NOT NULL,
    month       date NOT NULL,
    pack        integer NOT NULL,
    source      inet[] NOT NULL,
    profile_id  bigint[] NOT NULL,
    reporter_id bigint[] NOT NULL,
    messages    bigint[] NOT NULL,
    records     bigint[] NOT NULL,
    days        integer[] NOT NULL,
    PRIMARY KEY (domain_id, month, pack)
);
COMMENT ON TABLE sender_month IS 'Closed months folded by profile, address and reporter; up to 128 of them a row, in arrays in step.';
COMMENT ON COLUMN sender_month.source IS 'Null stands for no usable address.';
COMMENT ON COLUMN sender_month.days IS 'Bit d-1: seen on day d.';
UPDATE rollup_month SET stale = true;

DO $$
BEGIN
    ALTER TABLE sender_month ALTER source SET COMPRESSION lz4, ALTER profile_id SET COMPRESSION lz4,
        ALTER reporter_id SET COMPRESSION lz4, ALTER messages SET COMPRESSION lz4,
        ALTER records SET COMPRESSION lz4, ALTER days SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL; -- a server that was built without it compresses in its own way
END $$;
