-- $1 first day to keep -> names of record partitions that lie before it
SELECT c.relname
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'record'::regclass
  AND c.relname ~ '^record_[0-9]{6}$'
  AND substr(c.relname, 8) < to_char($1::date, 'YYYYMM')
ORDER BY c.relname
