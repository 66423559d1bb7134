-- $1 name -> is it a partition of record. Read from the catalog, not by to_regclass(), which may answer
-- from a cache that is older than the lock.
SELECT EXISTS (SELECT 1 FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
               WHERE i.inhparent = 'record'::regclass AND c.relname = $1)
