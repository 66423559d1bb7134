-- $1 domain id, $2 identity, $3 day -> content, source, standing and auth of the stored report
SELECT content, source, standing, auth FROM report WHERE domain_id = $1::bigint AND identity = $2 AND day = $3::date
