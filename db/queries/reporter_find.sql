-- $1 org_name, $2 email ('' when absent) -> id
SELECT id FROM reporter WHERE org_name = $1 AND email = $2
