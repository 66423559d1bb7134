-- $1 org_names, $2 emails, in step: those that are not there get a row, always in the same order, so that two who do this wait in one direction only
INSERT INTO reporter (org_name, email)
SELECT t.org_name, t.email FROM unnest($1::text[], $2::text[]) AS t(org_name, email) ORDER BY t.org_name, t.email
ON CONFLICT (org_name, email) DO NOTHING
