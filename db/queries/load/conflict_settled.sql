-- $1 domain id, $2 identity, $3 content: a conflict that is stored now
DELETE FROM quarantine WHERE domain_id = $1::bigint AND identity = $2::bytea AND content = $3::bytea
