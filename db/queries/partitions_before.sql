-- $1 first day to keep -> partitions of months that lie before it, and whether it is one of record: each month
-- has one. In the order in which everybody locks their tables.
SELECT c.relname, p.relname = 'record'
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
JOIN pg_class p ON p.oid = i.inhparent
WHERE p.oid IN ('report'::regclass, 'record'::regclass, 'profile'::regclass)
  AND c.relname ~ '^(report|record|profile)_[0-9]{6}$'
  AND right(c.relname, 6) < to_char($1::date, 'YYYYMM')
ORDER BY right(c.relname, 6), p.relname = 'report' DESC, p.relname = 'record' DESC
