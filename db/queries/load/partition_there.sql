-- $1 month as YYYYMM -> which of its partitions there are: name of the table it is of, oid. Read from the catalog,
-- not by to_regclass(), which may answer from a cache that is older than the lock.
SELECT p.relname, c.oid
FROM pg_class p
JOIN pg_inherits i ON i.inhparent = p.oid
JOIN pg_class c ON c.oid = i.inhrelid
WHERE p.oid IN ('report'::regclass, 'record'::regclass, 'profile'::regclass) AND c.relname = p.relname || '_' || $1
