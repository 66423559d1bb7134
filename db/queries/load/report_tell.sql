-- $1 domain id, $2 day, $3 report id, $4 outcome, $5 reason: the row of the report was its entry in the ledger; now there is another
INSERT INTO ledger (run_id, at, source, outcome, reason, domain_id)
SELECT run_id, stored_at, source, $4, $5, domain_id
FROM report
WHERE domain_id = $1::bigint AND day = $2::date AND report_id = $3::bigint
