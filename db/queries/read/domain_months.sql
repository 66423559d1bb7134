-- $1 domain names, $2 since, $3 until -> the months of the window that have data: number of the domain in $1, from 1;
-- domain_id, month, is it folded, its records
SELECT t.n, m.domain_id, m.month, NOT m.stale, m.records
FROM unnest($1::text[]) WITH ORDINALITY AS t(name, n)
JOIN domain d ON d.name = t.name
JOIN rollup_month m ON m.domain_id = d.id
WHERE m.month >= date_trunc('month', $2::date::timestamp)::date AND m.month < $3::date
ORDER BY t.n, m.month
