-- $1 org_name, $2 email -> id, or no row when it was there already
INSERT INTO reporter (org_name, email) VALUES ($1, $2) ON CONFLICT (org_name, email) DO NOTHING RETURNING id
