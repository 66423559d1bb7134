-- Daily totals of this transaction added to those that stand, in key order.
INSERT INTO domain_day (domain_id, day, dkim, spf, disposition, messages, records)
SELECT domain_id, day, dkim, spf, disposition, messages, records
FROM stage_day
ORDER BY domain_id, day, dkim, spf, disposition
ON CONFLICT (domain_id, day, dkim, spf, disposition)
DO UPDATE SET messages = domain_day.messages + excluded.messages,
              records = domain_day.records + excluded.records
