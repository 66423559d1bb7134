-- $1 domain ids, $2 months, $3 records, $4 messages, $5 reports, in step: months that got data. Their totals
-- grow, and their rollup is no longer right. In key order; the loaders' shared lock keeps the builder away
-- meanwhile.
INSERT INTO rollup_month (domain_id, month, stale, records, messages, reports)
SELECT domain_id, month, true, records, messages, reports
FROM unnest($1::bigint[], $2::date[], $3::bigint[], $4::bigint[], $5::bigint[])
    AS t(domain_id, month, records, messages, reports)
ORDER BY domain_id, month
ON CONFLICT (domain_id, month)
DO UPDATE SET stale = true, records = rollup_month.records + excluded.records,
              messages = least(rollup_month.messages::numeric + excluded.messages, 9223372036854775807)::bigint,
              reports = rollup_month.reports + excluded.reports
