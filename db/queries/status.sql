-- -> counts (order: struct db_status), ledger by outcome. Reports, records and messages come from the totals of
-- the months, which are exact; profiles are
-- counted month by month (db/status.c).
SELECT (SELECT count(*) FROM domain),
       (SELECT count(*) FROM reporter),
       m.reports, m.records, m.messages,
       (SELECT count(*) FROM quarantine),
       (SELECT count(*) FROM run),
       pg_database_size(current_database()),
       m.reports, l.duplicate, l.conflict, l.rejected, l.not_a_report
FROM (SELECT count(*) FILTER (WHERE outcome = 'duplicate') AS duplicate,
             count(*) FILTER (WHERE outcome = 'conflict') AS conflict,
             count(*) FILTER (WHERE outcome = 'rejected') AS rejected,
             count(*) FILTER (WHERE outcome = 'not_a_report') AS not_a_report
      FROM ledger) l,
     (SELECT coalesce(sum(reports), 0)::bigint AS reports, coalesce(sum(records), 0)::bigint AS records,
             least(coalesce(sum(messages), 0), 9223372036854775807)::bigint AS messages
      FROM rollup_month) m
