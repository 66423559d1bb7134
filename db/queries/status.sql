-- -> counts (order: struct db_status), ledger by outcome, oldest and newest day. Records and messages
-- come from the totals of the months, which are exact.
SELECT (SELECT count(*) FROM domain),
       (SELECT count(*) FROM reporter),
       d.stored,
       (SELECT coalesce(sum(records), 0)::bigint FROM rollup_month),
       (SELECT least(coalesce(sum(messages), 0), 9223372036854775807)::bigint FROM rollup_month),
       (SELECT count(*) FROM profile),
       (SELECT count(*) FROM quarantine),
       (SELECT count(*) FROM run),
       pg_database_size(current_database()),
       d.stored, l.duplicate, l.conflict, l.rejected, l.not_a_report, d.oldest, d.newest
FROM (SELECT count(*) FILTER (WHERE outcome = 'duplicate') AS duplicate,
             count(*) FILTER (WHERE outcome = 'conflict') AS conflict,
             count(*) FILTER (WHERE outcome = 'rejected') AS rejected,
             count(*) FILTER (WHERE outcome = 'not_a_report') AS not_a_report
      FROM ledger) l,
     (SELECT count(*) AS stored, min(day) AS oldest, max(day) AS newest FROM report) d
