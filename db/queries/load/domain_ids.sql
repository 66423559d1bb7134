-- $1 names -> the id of each, in step; null when it is not there
SELECT (SELECT d.id FROM domain d WHERE d.name = t.name)
FROM unnest($1::text[]) WITH ORDINALITY AS t(name, n)
ORDER BY t.n
