-- $1 organisations -> who signs for them, and (domain empty) whose reports usually are proved
SELECT org, auth_domain, how FROM reporter_trust WHERE org = ANY ($1::text[])
