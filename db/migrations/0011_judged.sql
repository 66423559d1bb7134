-- What was judged of a domain and its senders, day by day, what DNS said of our names before and after, and what
-- of all that was an event.

CREATE TABLE domain_state (
    domain_id     bigint NOT NULL,
    day           date NOT NULL,
    verdict       text NOT NULL CHECK (verdict IN ('ready', 'warnings', 'not_ready', 'insufficient_data')),
    parked        boolean NOT NULL,
    fails         text[] NOT NULL,
    warns         text[] NOT NULL,
    p             text,
    sp            text,
    np            text,
    policy_since  date,
    messages      bigint NOT NULL,
    dmarc_pass    bigint NOT NULL,
    own           bigint NOT NULL,
    own_pass      bigint NOT NULL,
    forged        bigint NOT NULL,
    questions     integer NOT NULL,
    todo          integer NOT NULL,
    reports       bigint NOT NULL,
    reporters     bigint NOT NULL,
    newest_report date,
    next_step     text,
    dns_day       date NOT NULL,
    basis         text,
    memory        text,
    judged_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (domain_id, day)
);
COMMENT ON TABLE domain_state IS 'What was judged of a domain on a day of report data, from the 30 days that end with it.';
COMMENT ON COLUMN domain_state.messages IS 'Of this day alone, as are dmarc_pass, own, own_pass, forged, reports and reporters.';
COMMENT ON COLUMN domain_state.dns_day IS 'DNS as it was on this day: later than day where nobody had looked before.';
COMMENT ON COLUMN domain_state.basis IS 'Which reports of the day it rests on; null: it is to be judged again.';
COMMENT ON COLUMN domain_state.memory IS 'What the next day has to know of the days before; null once no day is judged from it.';

CREATE TABLE sender_state (
    domain_id  bigint NOT NULL,
    sender     text NOT NULL,
    day        date NOT NULL,
    name       text NOT NULL,
    category   text NOT NULL,
    confidence integer NOT NULL,
    remedy     text NOT NULL,
    messages   bigint NOT NULL,
    dmarc_pass bigint NOT NULL,
    first_seen date,
    last_seen  date,
    PRIMARY KEY (domain_id, sender, day)
);
CREATE INDEX sender_state_day ON sender_state (domain_id, day);
COMMENT ON TABLE sender_state IS 'A sender where something about it changed, and at the end of each month; messages are of the 30 days, 0: it was not seen any more.';

CREATE TABLE dns_change (
    domain_id    bigint NOT NULL,
    name         text NOT NULL,
    type         text NOT NULL CHECK (type IN ('TXT', 'MX')),
    seen_at      timestamptz NOT NULL,
    before       text[],
    after        text[] NOT NULL,
    fault_before text,
    fault        text,
    confirmed_at timestamptz,
    PRIMARY KEY (domain_id, name, type, seen_at)
);
COMMENT ON TABLE dns_change IS 'What a name of ours said before and after; its first row is what it said when it was first looked at.';
COMMENT ON COLUMN dns_change.before IS 'One element a record, {}: none; null: nobody had looked. Octets that are no text as \DDD.';
COMMENT ON COLUMN dns_change.fault IS 'What is wrong with it: gone, error, lookups, weak; null: nothing.';
COMMENT ON COLUMN dns_change.confirmed_at IS 'Null: records that are gone were missed once, and are looked for again.';

CREATE TABLE remedy_state (
    domain_id bigint NOT NULL,
    name      text NOT NULL,
    edit      text NOT NULL,
    offered   date NOT NULL,
    state     text NOT NULL CHECK (state IN ('offered', 'seen', 'proven', 'ineffective', 'withdrawn')),
    since     date NOT NULL,
    seen      date,
    messages  bigint NOT NULL,
    passed    bigint NOT NULL,
    senders   text[] NOT NULL,
    before    text,
    after     text NOT NULL,
    stale     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (domain_id, name, edit, offered)
);
COMMENT ON TABLE remedy_state IS 'Records that were offered, and what became of them.';
COMMENT ON COLUMN remedy_state.edit IS 'The terms that are new, or the whole record.';
COMMENT ON COLUMN remedy_state.messages IS 'Of its senders, since the day after it was seen in DNS; passed: of these.';
COMMENT ON COLUMN remedy_state.stale IS 'Days are being judged again, and this one was not yet found again.';

CREATE TABLE event (
    domain_id  bigint NOT NULL,
    id         uuid NOT NULL,
    rule       text NOT NULL,
    subject    text NOT NULL,
    severity   text NOT NULL CHECK (severity IN ('high', 'normal', 'low')),
    opened     date NOT NULL,
    closed     date,
    times      integer NOT NULL,
    withdrawn  boolean NOT NULL DEFAULT false,
    by_run     boolean NOT NULL,
    stale      boolean NOT NULL DEFAULT false,
    text       text NOT NULL,
    numbers    jsonb NOT NULL,
    acked_at   timestamptz,
    ack_owner  text,
    ack_until  date,
    PRIMARY KEY (domain_id, id)
);
CREATE INDEX event_open ON event (domain_id) WHERE closed IS NULL;
CREATE INDEX event_opened ON event (domain_id, opened);
COMMENT ON TABLE event IS 'What a person should know of a domain. Neither id nor opened changes; none is removed.';
COMMENT ON COLUMN event.by_run IS 'opened and closed are days of runs (DNS, no reports), else days of report data.';
COMMENT ON COLUMN event.stale IS 'As in remedy_state; what is not found again is withdrawn.';

-- The public face.

CREATE VIEW v_verdict AS
SELECT d.name AS domain, s.day, s.verdict, s.parked, s.fails, s.warns, s.p, s.sp, s.np, s.policy_since, s.messages,
       s.dmarc_pass, s.own, s.own_pass, s.forged, s.questions, s.todo, s.reports, s.reporters, s.newest_report,
       s.next_step, s.dns_day, s.judged_at
FROM domain_state s
JOIN domain d ON d.id = s.domain_id;
COMMENT ON VIEW v_verdict IS 'What was judged of each domain and day.';

CREATE VIEW v_sender AS
SELECT d.name AS domain, s.sender, s.day, s.name, s.category, s.confidence, s.remedy, s.messages, s.dmarc_pass,
       s.first_seen, s.last_seen
FROM sender_state s
JOIN domain d ON d.id = s.domain_id;
COMMENT ON VIEW v_sender IS 'Senders where something about them changed, and at the end of each month.';

CREATE VIEW v_event AS
SELECT d.name AS domain, e.id, e.rule, e.subject, e.severity, e.opened, e.closed, e.times, e.withdrawn, e.text,
       e.numbers, e.acked_at, e.ack_owner, e.ack_until
FROM event e
JOIN domain d ON d.id = e.domain_id;
COMMENT ON VIEW v_event IS 'What opened and closed.';

CREATE VIEW v_remedy AS
SELECT d.name AS domain, r.name, r.edit, r.offered, r.state, r.since, r.seen, r.messages, r.passed, r.senders,
       r.before, r.after
FROM remedy_state r
JOIN domain d ON d.id = r.domain_id;
COMMENT ON VIEW v_remedy IS 'Records that were offered, and what became of them.';
