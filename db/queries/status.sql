-- -> counts (order: struct db_status), ledger by outcome, oldest and newest day. Records and messages
-- come from the daily totals, which are exact; a report without any records has no day there.
SELECT (SELECT count(*) FROM domain),
       (SELECT count(*) FROM reporter),
       (SELECT count(*) FROM report),
       (SELECT coalesce(sum(records), 0)::bigint FROM domain_day),
       (SELECT least(coalesce(sum(messages), 0), 9223372036854775807)::bigint FROM domain_day),
       (SELECT count(*) FROM profile),
       (SELECT count(*) FROM quarantine),
       (SELECT count(*) FROM run),
       pg_database_size(current_database()),
       l.stored, l.duplicate, l.conflict, l.rejected, l.not_a_report, d.oldest, d.newest
FROM (SELECT count(*) FILTER (WHERE outcome = 'stored') AS stored,
             count(*) FILTER (WHERE outcome = 'duplicate') AS duplicate,
             count(*) FILTER (WHERE outcome = 'conflict') AS conflict,
             count(*) FILTER (WHERE outcome = 'rejected') AS rejected,
             count(*) FILTER (WHERE outcome = 'not_a_report') AS not_a_report
      FROM ledger) l,
     (SELECT min(day) AS oldest, max(day) AS newest FROM report) d
