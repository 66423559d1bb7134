-- -> month, records, messages, bytes of its partitions
SELECT m.month, m.records, m.messages,
       (SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent IN ('report'::regclass, 'record'::regclass, 'profile'::regclass)
          AND right(c.relname, 7) = '_' || to_char(m.month, 'YYYYMM'))
FROM (SELECT month, sum(records)::bigint AS records,
             least(sum(messages), 9223372036854775807)::bigint AS messages
      FROM rollup_month
      GROUP BY month) m
ORDER BY m.month
