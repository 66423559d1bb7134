-- $1 organisations, $2 how many days, $3 per cent: the domain that signs alone on so many different days, and on that
-- share of all days on which anybody signed for the organisation, is learned; but never a second one -> org, domain
WITH signed AS (
    SELECT org, day, min(auth_domain) AS auth_domain, count(*) AS domains
    FROM reporter_day
    WHERE org = ANY ($1::text[]) AND auth_domain <> ''
    GROUP BY org, day
), alone AS (
    SELECT org, auth_domain, count(*) AS days FROM signed WHERE domains = 1 GROUP BY org, auth_domain
), total AS (
    SELECT org, count(*) AS days FROM signed GROUP BY org
)
INSERT INTO reporter_trust (org, auth_domain, how)
SELECT a.org, a.auth_domain, 'learned'
FROM alone a
JOIN total t ON t.org = a.org
WHERE a.days >= $2::integer AND 100 * a.days >= $3::integer * t.days
  AND NOT EXISTS (SELECT FROM reporter_trust k WHERE k.org = a.org AND k.how <> 'usual')
ORDER BY 1, 2
ON CONFLICT DO NOTHING
RETURNING org, auth_domain
