-- $1 organisations, $2 how many days, $3 per cent: proved on so many different days, and on that share of all days on
-- which a mail came in its name (of those that the table knows to sign: whatever else came). Said once, it stays
WITH days AS (
    SELECT d.org, count(DISTINCT d.day) AS came,
           count(DISTINCT d.day) FILTER (WHERE t.org IS NOT NULL) AS proved, bool_or(t.how = 'listed') AS listed
    FROM reporter_day d
    LEFT JOIN reporter_trust t ON t.org = d.org AND t.auth_domain = d.auth_domain AND t.how <> 'usual'
    WHERE d.org = ANY ($1::text[])
    GROUP BY d.org
)
INSERT INTO reporter_trust (org, auth_domain, how)
SELECT org, '', 'usual'
FROM days
WHERE proved >= $2::integer AND (listed OR 100 * proved >= $3::integer * came)
ORDER BY 1
ON CONFLICT DO NOTHING
