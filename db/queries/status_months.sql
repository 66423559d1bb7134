-- -> month, records, messages, bytes of its records
SELECT m.month, m.records, m.messages, coalesce(pg_total_relation_size(c.oid), 0)
FROM (SELECT month, sum(records)::bigint AS records,
             least(sum(messages), 9223372036854775807)::bigint AS messages
      FROM rollup_month
      GROUP BY month) m
LEFT JOIN (pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid AND i.inhparent = 'record'::regclass)
  ON c.relname = 'record_' || to_char(m.month, 'YYYYMM')
ORDER BY m.month
