-- $1 kind, $2 first day, $3 last day, both with it: they were read
INSERT INTO bounce_covered (kind, day)
SELECT $1, $2::date + n FROM generate_series(0, $3::date - $2::date) n
ON CONFLICT DO NOTHING
