-- $1 days as JSON (db/store/judgement.c)
INSERT INTO domain_state AS s (domain_id, day, verdict, parked, fails, warns, p, sp, np, policy_since, messages, dmarc_pass, own,
    own_pass, forged, questions, todo, reports, reporters, newest_report, next_step, dns_day, basis, memory)
SELECT d.id, t.day, t.verdict, t.parked, string_to_array(t.fails, ' '), string_to_array(t.warns, ' '), t.p, t.sp, t.np,
    t.policy_since, t.messages, t.dmarc_pass, t.own, t.own_pass, t.forged, t.questions, t.todo, t.reports, t.reporters,
    t.newest_report, t.next_step, t.dns_day, t.basis, t.memory
FROM jsonb_to_recordset($1::jsonb) AS t(domain text, day date, verdict text, parked boolean, fails text, warns text, p text,
    sp text, np text, policy_since date, messages bigint, dmarc_pass bigint, own bigint, own_pass bigint, forged bigint,
    questions integer, todo integer, reports bigint, reporters bigint, newest_report date, next_step text, dns_day date,
    basis text, memory text)
JOIN domain d ON d.name = t.domain
ON CONFLICT (domain_id, day)
DO UPDATE SET verdict = excluded.verdict, parked = excluded.parked, fails = excluded.fails, warns = excluded.warns,
    p = excluded.p, sp = excluded.sp, np = excluded.np, policy_since = excluded.policy_since, messages = excluded.messages,
    dmarc_pass = excluded.dmarc_pass, own = excluded.own, own_pass = excluded.own_pass, forged = excluded.forged,
    questions = excluded.questions, todo = excluded.todo, reports = excluded.reports, reporters = excluded.reporters,
    newest_report = excluded.newest_report, next_step = excluded.next_step, dns_day = excluded.dns_day,
    basis = excluded.basis, memory = excluded.memory, judged_at = now()
