-- $1 offered records as JSON
INSERT INTO remedy_state (domain_id, name, edit, offered, state, since, seen, messages, passed, senders, before, after)
SELECT d.id, t.name, t.edit, t.offered, t.state, t.since, t.seen, t.messages, t.passed, string_to_array(t.senders, ' '),
    t.before, t.after
FROM jsonb_to_recordset($1::jsonb) AS t(domain text, name text, edit text, offered date, state text, since date, seen date,
    messages bigint, passed bigint, senders text, before text, after text)
JOIN domain d ON d.name = t.domain
ON CONFLICT (domain_id, name, edit, offered)
DO UPDATE SET state = excluded.state, since = excluded.since, seen = excluded.seen, messages = excluded.messages,
    passed = excluded.passed, stale = false
