-- Refused mail: how often, by whom and why. Of people nothing is kept: domains of recipients, and of messages a
-- keyed digest, by which a message that is met again counts once.

CREATE TABLE bounce (
    domain_id          bigint NOT NULL,
    day                date NOT NULL,
    id                 bytea NOT NULL,
    class              text NOT NULL,
    rule               text,
    by_us              boolean NOT NULL,
    delayed            boolean NOT NULL,
    ours               boolean,
    code               integer,
    status             text,
    phase              text,
    reply              text,
    receiver_host      text,
    receiver_org       text,
    recipient_domain   text,
    ip                 inet,
    ip_source          text,
    mail_from_domain   text,
    header_from_domain text,
    count              bigint NOT NULL CHECK (count > 0),
    first_at           timestamptz NOT NULL,
    last_at            timestamptz NOT NULL,
    PRIMARY KEY (domain_id, day, id)
);
COMMENT ON TABLE bounce IS 'Refusals of a UTC day that look alike in all columns but times, counted.';
COMMENT ON COLUMN bounce.id IS 'SHA-256, cut to 16 bytes, of what is told apart.';
COMMENT ON COLUMN bounce.by_us IS 'Our own server refused a client; else somebody refused ours.';
COMMENT ON COLUMN bounce.delayed IS 'Not for good: it was to be tried again.';
COMMENT ON COLUMN bounce.ours IS 'False: the message was no mail of ours, somebody forged it; null: cannot be told.';
COMMENT ON COLUMN bounce.reply IS 'Of the first, without local parts of addresses.';

CREATE TABLE bounce_seen (
    domain_id bigint NOT NULL,
    key       bytea NOT NULL,
    day       date NOT NULL,
    PRIMARY KEY (domain_id, key)
);
COMMENT ON TABLE bounce_seen IS 'What was counted: a log that is read twice, and the bounce of a message in it, count once.';
COMMENT ON COLUMN bounce_seen.key IS 'SHA-256, cut to 16 bytes, of bounce_secret, message, recipient and class.';

CREATE TABLE bounce_secret (
    secret bytea PRIMARY KEY
);
COMMENT ON TABLE bounce_secret IS 'One row: without it nobody can ask whether a guessed address is in bounce_seen.';
INSERT INTO bounce_secret
SELECT sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'));
REVOKE ALL ON bounce_secret FROM PUBLIC;

CREATE TABLE bounce_covered (
    kind text NOT NULL CHECK (kind IN ('log', 'mail')),
    day  date NOT NULL,
    PRIMARY KEY (kind, day)
);
COMMENT ON TABLE bounce_covered IS 'UTC days of which logs, or bounces, were read: no refusal there says that none was.';

CREATE VIEW v_bounce AS
SELECT d.name AS domain, b.day, b.class, b.rule, b.by_us, b.delayed, b.ours, b.code, b.status, b.phase, b.reply,
       b.receiver_host, b.receiver_org, b.recipient_domain, b.ip, b.mail_from_domain, b.header_from_domain,
       b.count, b.first_at, b.last_at
FROM bounce b
JOIN domain d ON d.id = b.domain_id;
COMMENT ON VIEW v_bounce IS 'Refused mail by domain, day, class, receiver and sending address.';
