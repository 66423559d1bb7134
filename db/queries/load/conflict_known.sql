-- $1 domain id, $2 identity, $3 content -> a row when this very conflict is in quarantine already
SELECT 1 FROM quarantine WHERE domain_id = $1::bigint AND identity = $2 AND content = $3
