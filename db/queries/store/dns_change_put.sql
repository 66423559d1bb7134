-- $1 changes as JSON
INSERT INTO dns_change (domain_id, name, type, seen_at, before, after, fault_before, fault, confirmed_at)
SELECT d.id, t.name, t.type, to_timestamp(t.seen_at), t.before, t.after, t.fault_before, t.fault,
    CASE WHEN t.confirmed THEN to_timestamp(t.now) END
FROM jsonb_to_recordset($1::jsonb) AS t(domain text, name text, type text, seen_at bigint, before text[], after text[],
    fault_before text, fault text, confirmed boolean, now bigint)
JOIN domain d ON d.name = t.domain
ON CONFLICT (domain_id, name, type, seen_at)
DO UPDATE SET confirmed_at = excluded.confirmed_at, after = excluded.after, fault = excluded.fault
