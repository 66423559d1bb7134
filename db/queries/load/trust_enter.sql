-- $1 organisations, $2 domains, $3 how it is known, in step
INSERT INTO reporter_trust (org, auth_domain, how)
SELECT DISTINCT ON (t.org, t.auth_domain) t.org, t.auth_domain, t.how
FROM unnest($1::text[], $2::text[], $3::text[]) AS t(org, auth_domain, how)
ORDER BY 1, 2
ON CONFLICT DO NOTHING
