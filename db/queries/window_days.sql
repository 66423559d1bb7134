-- $1 domain id, $2 since, $3 until -> day, messages, of them passing DMARC as evaluated
SELECT day, least(sum(messages), 9223372036854775807)::bigint,
       least(sum(dmarc_pass), 9223372036854775807)::bigint
FROM report
WHERE domain_id = $1::bigint AND day >= $2::date AND day < $3::date
GROUP BY day
ORDER BY day
