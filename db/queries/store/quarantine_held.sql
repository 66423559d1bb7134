-- -> how many things are set aside, and how many bytes are kept of them
SELECT (SELECT count(*) FROM quarantine), coalesce(sum(octet_length(bytes)), 0)::bigint FROM quarantine_bytes
