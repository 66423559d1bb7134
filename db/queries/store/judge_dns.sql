-- $1 names of domains -> what their names said: domain, name, type, seen_at, first, confirmed, records before and after,
-- how many, faults. By name, type and time.
SELECT d.name, c.name, c.type, extract(epoch FROM c.seen_at)::bigint, c.before IS NULL, c.confirmed_at IS NOT NULL,
       array_to_string(c.before, chr(31)), coalesce(cardinality(c.before), 0),
       array_to_string(c.after, chr(31)), cardinality(c.after), c.fault_before, c.fault
FROM domain d
JOIN dns_change c ON c.domain_id = d.id
WHERE d.name = ANY ($1::text[])
ORDER BY d.name COLLATE "C", c.name COLLATE "C", c.type, c.seen_at
