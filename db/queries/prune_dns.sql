-- $1 first day to keep: what a name said before that, but for what it said last: that is still in force then
DELETE FROM dns_change c
WHERE c.seen_at < $1::date
  AND EXISTS (SELECT 1 FROM dns_change n
              WHERE n.domain_id = c.domain_id AND n.name = c.name AND n.type = c.type
                AND n.seen_at > c.seen_at AND n.seen_at < $1::date)
