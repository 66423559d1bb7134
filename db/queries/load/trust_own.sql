-- Who is named by a domain, and is seen to sign with it, needs no other: what was learned of such is forgotten, and with it
-- that its reports usually are proved, which is counted anew.
-- $1 organisations -> organisation, domain that had been learned for it
WITH wrong AS (
    DELETE FROM reporter_trust l
    WHERE l.org = ANY ($1::text[]) AND l.how = 'learned'
      AND EXISTS (SELECT FROM reporter_trust o WHERE o.org = l.org AND o.how = 'own')
    RETURNING l.org, l.auth_domain
), usual AS (
    DELETE FROM reporter_trust u
    USING wrong w
    WHERE u.org = w.org AND u.how = 'usual'
)
SELECT org, auth_domain FROM wrong
