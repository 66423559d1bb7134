-- The schema on the nodes of a Citus cluster. What is already there stays as it is, so that it can be run
-- again after an upgrade. Names that facts are joined with go to every node:
SELECT create_reference_table('domain')
WHERE NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'domain'::regclass);
SELECT create_reference_table('reporter')
WHERE NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'reporter'::regclass);
-- facts by their domain, all of a domain on one node:
SELECT create_distributed_table('report', 'domain_id')
WHERE NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'report'::regclass);
SELECT create_distributed_table('record', 'domain_id', colocate_with => 'report')
WHERE NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'record'::regclass);
SELECT create_distributed_table('record_mark', 'domain_id', colocate_with => 'report')
WHERE NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'record_mark'::regclass);
SELECT create_distributed_table('profile', 'domain_id', colocate_with => 'report')
WHERE NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'profile'::regclass);
SELECT create_distributed_table('sender_month', 'domain_id', colocate_with => 'report')
WHERE NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'sender_month'::regclass);
SELECT create_distributed_table('rollup_month', 'domain_id', colocate_with => 'report')
WHERE NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'rollup_month'::regclass);
SELECT create_distributed_table('sender_label', 'domain_id', colocate_with => 'report')
WHERE NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'sender_label'::regclass);
SELECT create_distributed_table('domain_state', 'domain_id', colocate_with => 'report')
WHERE NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'domain_state'::regclass);
SELECT create_distributed_table('sender_state', 'domain_id', colocate_with => 'report')
WHERE NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'sender_state'::regclass);
SELECT create_distributed_table('dns_change', 'domain_id', colocate_with => 'report')
WHERE NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'dns_change'::regclass);
SELECT create_distributed_table('remedy_state', 'domain_id', colocate_with => 'report')
WHERE NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'remedy_state'::regclass);
SELECT create_distributed_table('event', 'domain_id', colocate_with => 'report')
WHERE NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'event'::regclass);
SELECT create_distributed_table('bounce', 'domain_id', colocate_with => 'report')
WHERE NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'bounce'::regclass);
SELECT create_distributed_table('bounce_seen', 'domain_id', colocate_with => 'report')
WHERE NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'bounce_seen'::regclass);
-- The account (run, ledger, quarantine and its bytes), what was learned of reporters (reporter_day, reporter_trust),
-- what days of bounces are known and their secret (bounce_covered, bounce_secret), dns_snapshot, mailbox and schema_version stay on the coordinator.
