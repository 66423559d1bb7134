-- $1 domain id, $2 identity -> content and source of the stored report
SELECT content, source FROM report WHERE domain_id = $1::bigint AND identity = $2
