-- $1 how many -> that many new report ids, ascending
SELECT nextval('report_id_seq') FROM generate_series(1, $1::bigint)
