-- $1 domain id, $2 identity, $3 day, $4 auth, $5 who says so, $6 domain, $7 standing: the same values came by a better mail
UPDATE report SET auth = $4, auth_by = $5, auth_domain = $6, standing = $7::integer
WHERE domain_id = $1::bigint AND identity = $2::bytea AND day = $3::date
