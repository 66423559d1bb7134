-- $1 first day to keep: marks of records of reports that go
DELETE FROM record_mark m
USING report r
WHERE r.domain_id = m.domain_id AND r.report_id = m.report_id AND r.day < $1::date
