-- $1 domain ids, $2 since, $3 until -> reports, as they say: reporter_id, day, messages, passing DMARC as evaluated, policy; standing,
-- domain_id. They are added up by who reads them, thrice: by reporter, by day and by policy.
SELECT reporter_id, day, messages, dmarc_pass, p, sp, pct, coalesce(testing = 'y', false), standing, domain_id
FROM report
WHERE domain_id = ANY ($1::bigint[]) AND day >= $2::date AND day < $3::date
