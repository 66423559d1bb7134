-- Where answers wait for snapshot_merge.sql; what failed has servers.
CREATE TEMPORARY TABLE IF NOT EXISTS stage_snapshot (
    name text COLLATE "C", type integer, outcome text, message bytea, asked_at timestamptz, servers text
) ON COMMIT DELETE ROWS
