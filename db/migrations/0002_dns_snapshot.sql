-- Answers are kept as they came: reading them is the business of the program that asked.
DROP TABLE dns_snapshot;
CREATE TABLE dns_snapshot (
    name     text COLLATE "C" NOT NULL,
    type     integer NOT NULL,
    outcome  text NOT NULL,
    message  bytea NOT NULL,
    asked_at timestamptz NOT NULL,
    PRIMARY KEY (name, type)
);
-- not compressed by the server: responses are small, and names in them are already
ALTER TABLE dns_snapshot ALTER COLUMN message SET STORAGE EXTERNAL;
COMMENT ON TABLE dns_snapshot IS 'The last answer of DNS to each question, so that a report can be repeated offline. type: RFC 1035; message: the response.';
