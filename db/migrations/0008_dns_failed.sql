-- A question that failed does not take the place of an answer: it stands beside it.
ALTER TABLE dns_snapshot
    ADD failed_outcome text,
    ADD failed_at timestamptz,
    ADD failed_servers text;
COMMENT ON TABLE dns_snapshot IS 'The last answer of DNS to each question, so that a report can be repeated offline, and whether asking failed since. type: RFC 1035; message: the response. A row of the empty name and type 2: servers that answered nothing.';
COMMENT ON COLUMN dns_snapshot.outcome IS 'A failure (timeout, servfail, refused, malformed) only where no answer ever came.';
COMMENT ON COLUMN dns_snapshot.failed_servers IS 'Which servers were asked: to others the failure means nothing.';
