-- $1 a partitioned table -> its partitions, as SQL names them
SELECT i.inhrelid::regclass::text FROM pg_inherits i WHERE i.inhparent = $1::regclass ORDER BY 1
