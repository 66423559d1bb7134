-- $1 events as JSON: what was told of one stays told
INSERT INTO event AS e (domain_id, id, rule, subject, severity, opened, closed, times, by_run, text, numbers)
SELECT DISTINCT ON (d.id, t.id) d.id, t.id, t.rule, t.subject, t.severity, t.opened, t.closed, t.times, t.by_run,
    coalesce(t.text, ''), coalesce(t.numbers, '{}')
FROM jsonb_to_recordset($1::jsonb) AS t(domain text, id uuid, rule text, subject text, severity text, opened date, closed date,
    times integer, by_run boolean, text text, numbers jsonb, n integer)
JOIN domain d ON d.name = t.domain
ORDER BY d.id, t.id, t.n DESC
ON CONFLICT (domain_id, id)
DO UPDATE SET severity = excluded.severity, closed = excluded.closed, times = excluded.times, withdrawn = false, stale = false,
    text = coalesce(nullif(excluded.text, ''), e.text),
    numbers = CASE WHEN excluded.text = '' THEN e.numbers ELSE excluded.numbers END
