-- $1 domain id, $2 report id: marks of its records
DELETE FROM record_mark WHERE domain_id = $1::bigint AND report_id = $2::bigint
