-- $1 organisations, $2 domains, in step, which sign for them: what they signed is proved -> months that say otherwise now
WITH changed AS (
    UPDATE report r SET standing = 1
    FROM reporter o, unnest($1::text[], $2::text[]) AS p(org, auth_domain)
    WHERE o.id = r.reporter_id AND r.standing = 2 AND r.auth = 'aligned'
      AND (r.auth_domain = p.auth_domain OR right(r.auth_domain, length(p.auth_domain) + 1) = '.' || p.auth_domain)
      AND btrim(regexp_replace(translate(o.org_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'),
                               '[ \t\n\v\f\r]+', ' ', 'g'), ' ') = p.org
    RETURNING r.day
)
SELECT array_agg(DISTINCT date_trunc('month', day::timestamp)::date) FROM changed
