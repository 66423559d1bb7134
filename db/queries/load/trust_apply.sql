-- $1 organisation, $2 domain that was learned, $3 days on which it signed: what it signed then is proved
UPDATE report r SET standing = 1
FROM reporter o
WHERE o.id = r.reporter_id AND r.day = ANY ($3::date[]) AND r.standing = 2 AND r.auth = 'aligned'
  AND (r.auth_domain = $2 OR right(r.auth_domain, length($2) + 1) = '.' || $2)
  AND btrim(regexp_replace(translate(o.org_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'),
                           '[ \t\n\v\f\r]+', ' ', 'g'), ' ') = $1
