-- -> table, bytes with indexes and what is stored aside; a partitioned one with its partitions
SELECT coalesce(p.relname, c.relname), coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
FROM pg_class c
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
LEFT JOIN pg_class p ON p.oid = i.inhparent
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'record'::regclass)
GROUP BY 1
ORDER BY 2 DESC, 1
