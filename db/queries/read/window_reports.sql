-- $1 domain id, $2 since, $3 until -> reports, as they say: reporter_id, day, messages, passing DMARC as evaluated, policy; standing.
-- They are added up by who reads them, thrice: by reporter, by day and by policy.
SELECT reporter_id, day, messages, dmarc_pass, p, sp, pct, coalesce(testing = 'y', false), standing
FROM report
WHERE domain_id = $1::bigint AND day >= $2::date AND day < $3::date
