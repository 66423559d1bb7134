-- $1 org_names, $2 emails ('' when absent), in step -> the id of each, in step; null when it is not there
SELECT (SELECT r.id FROM reporter r WHERE r.org_name = t.org_name AND r.email = t.email)
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS t(org_name, email, n)
ORDER BY t.n
