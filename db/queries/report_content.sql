-- $1 domain id, $2 identity -> content of the stored report
SELECT content FROM report WHERE domain_id = $1::bigint AND identity = $2
