-- $1 domain id, $2 day, $3 report id: its row
DELETE FROM report WHERE domain_id = $1::bigint AND day = $2::date AND report_id = $3::bigint
