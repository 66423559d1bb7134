-- A label may be a name alone: one row holds what was decided and how the sender is called, and
-- setting the one keeps the other.

ALTER TABLE sender_label DROP CONSTRAINT sender_label_verdict_check;
ALTER TABLE sender_label ALTER COLUMN verdict DROP NOT NULL;
UPDATE sender_label SET verdict = NULL WHERE verdict = 'name';
ALTER TABLE sender_label ADD CONSTRAINT sender_label_verdict_check
    CHECK (verdict IN ('approve', 'deny', 'ignore'));
ALTER TABLE sender_label ADD CONSTRAINT sender_label_says_something
    CHECK (verdict IS NOT NULL OR name IS NOT NULL);
COMMENT ON COLUMN sender_label.sender IS 'Key, name as printed, or network; lower case.';
COMMENT ON COLUMN sender_label.until IS 'First day that it does not count for: windows that begin before it see it.';

CREATE VIEW v_label AS
SELECT d.name AS domain, l.sender, l.verdict, l.name, l.owner, l.until, l.set_at
FROM sender_label l
JOIN domain d ON d.id = l.domain_id;
COMMENT ON VIEW v_label IS 'What people said of senders.';
