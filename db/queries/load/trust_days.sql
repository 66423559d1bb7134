-- $1 organisations, $2 days, $3 domains, in step; $4 how many rows an organisation may have: those that are new get a row,
-- always in the same order
INSERT INTO reporter_day (org, day, auth_domain)
SELECT DISTINCT t.org, t.day, t.auth_domain
FROM unnest($1::text[], $2::date[], $3::text[]) AS t(org, day, auth_domain)
WHERE (SELECT count(*) FROM reporter_day d WHERE d.org = t.org) < $4::integer
ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING
