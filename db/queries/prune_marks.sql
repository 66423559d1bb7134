-- $1 first day to keep: marks of records of months that go
DELETE FROM record_mark m
USING report r
WHERE r.domain_id = m.domain_id AND r.report_id = m.report_id
  AND r.day < date_trunc('month', $1::date::timestamp)::date
