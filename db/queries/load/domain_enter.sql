-- $1 names: those that are not there get a row, always in the same order, so that two who do this wait in one direction only
INSERT INTO domain (name)
SELECT t.name FROM unnest($1::text[]) AS t(name) ORDER BY t.name
ON CONFLICT (name) DO NOTHING
