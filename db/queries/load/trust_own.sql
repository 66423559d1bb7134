-- Who is named by a domain, and is seen to sign with it, needs no other: what was learned of such is forgotten.
-- $1 organisations
DELETE FROM reporter_trust l
WHERE l.org = ANY ($1::text[]) AND l.how = 'learned'
  AND EXISTS (SELECT FROM reporter_trust o WHERE o.org = l.org AND o.how = 'own')
