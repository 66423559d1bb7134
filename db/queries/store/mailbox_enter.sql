-- $1 the mailbox's number -> held until the transaction ends, by one run at a time
SELECT pg_advisory_xact_lock($1::bigint)
