-- $1 changes as JSON: what was missed once is there again
DELETE FROM dns_change c
USING jsonb_to_recordset($1::jsonb) AS t(domain text, name text, type text, seen_at bigint), domain d
WHERE d.name = t.domain AND c.domain_id = d.id AND c.name = t.name AND c.type = t.type
  AND c.seen_at = to_timestamp(t.seen_at) AND c.confirmed_at IS NULL
