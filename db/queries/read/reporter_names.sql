-- $1 ids -> id, org_name; by org_name, then id
SELECT id, org_name FROM reporter WHERE id = ANY ($1::bigint[]) ORDER BY org_name COLLATE "C", id
