-- -> month, records, messages, bytes of its partitions
SELECT m.month, m.records, m.messages, coalesce(p.bytes, 0)::bigint
FROM (SELECT month, sum(records)::bigint AS records,
             least(sum(messages), 9223372036854775807)::bigint AS messages
      FROM rollup_month
      GROUP BY month) m
LEFT JOIN (SELECT right(c.relname, 7) AS suffix, sum(pg_total_relation_size(c.oid)) AS bytes
           FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
           WHERE i.inhparent IN ('report'::regclass, 'record'::regclass, 'profile'::regclass)
           GROUP BY 1) p ON p.suffix = '_' || to_char(m.month, 'YYYYMM')
ORDER BY m.month
