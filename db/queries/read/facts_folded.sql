-- $1 domain ids, $2 months, in step -> number in the lists, from 1; the parts of the fold of that month, in order
SELECT t.n, s.fold
FROM unnest($1::bigint[], $2::date[]) WITH ORDINALITY AS t(domain_id, month, n)
JOIN sender_month s ON s.domain_id = t.domain_id AND s.month = t.month
ORDER BY t.n, s.part
