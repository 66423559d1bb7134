-- $1 domain name, $2 since, $3 until -> the months of the window that have data: domain_id, month, is it folded
SELECT m.domain_id, m.month, NOT m.stale
FROM rollup_month m
JOIN domain d ON d.id = m.domain_id
WHERE d.name = $1 AND m.month >= date_trunc('month', $2::date::timestamp)::date AND m.month < $3::date
ORDER BY m.month
