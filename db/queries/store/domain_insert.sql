-- $1 name -> id, or no row when it was there already
INSERT INTO domain (name) VALUES ($1) ON CONFLICT (name) DO NOTHING RETURNING id
