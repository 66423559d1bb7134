-- $1 oids of partitions of profile -> of how many months they and the other two are there still
SELECT count(*)
FROM pg_class p
WHERE p.oid = ANY ($1::oid[])
  AND (SELECT count(*) FROM pg_class o
       WHERE o.relname IN ('report_' || right(p.relname, 6), 'record_' || right(p.relname, 6))
         AND o.relnamespace = p.relnamespace AND o.relispartition) = 2
