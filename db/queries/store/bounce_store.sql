-- $1 refusals as JSON (bounce.c), $2 rows that a domain may have on a day -> of those whose domain is known: the number,
-- from 1 on, and whether it is new. What is past the ceiling counts in a row that says its class alone.
WITH given AS MATERIALIZED (
    SELECT d.id AS domain_id, x.*,
           substr(sha256(s.secret || decode(x.message, 'hex') || convert_to(x.class, 'UTF8')), 1, 16) AS key
    FROM jsonb_to_recordset($1::jsonb)
         AS x (n bigint, domain text, day date, at timestamptz, message text, class text, rule text, by_us boolean,
               delayed boolean, ours boolean, code integer, status text, phase text, reply text, receiver_host text,
               receiver_org text, recipient_domain text, ip inet, ip_source text, mail_from_domain text,
               header_from_domain text)
    JOIN domain d ON d.name = x.domain
    CROSS JOIN bounce_secret s
), fresh AS (
    INSERT INTO bounce_seen (domain_id, key, day)
    SELECT domain_id, key, day FROM given ORDER BY domain_id, key
    ON CONFLICT DO NOTHING
    RETURNING domain_id, key
), counted AS (
    SELECT DISTINCT ON (g.domain_id, g.key) g.*,
           sha256(convert_to(jsonb_build_array(
               g.class, g.rule, g.by_us, g.delayed, g.ours, g.code, g.status, g.phase, g.receiver_host, g.receiver_org,
               g.recipient_domain, g.ip, g.mail_from_domain, g.header_from_domain)::text, 'UTF8')) AS id
    FROM given g
    JOIN fresh USING (domain_id, key)
    ORDER BY g.domain_id, g.key, g.at, g.n
), held AS (
    SELECT b.domain_id, b.day, count(*) AS rows
    FROM bounce b
    WHERE (b.domain_id, b.day) IN (SELECT c.domain_id, c.day FROM counted c)
    GROUP BY b.domain_id, b.day
), placed AS (
    SELECT c.*, coalesce(h.rows, 0) + dense_rank() OVER (PARTITION BY c.domain_id, c.day ORDER BY c.id) > $2::bigint
           AND b.id IS NULL AS past
    FROM counted c
    LEFT JOIN held h ON h.domain_id = c.domain_id AND h.day = c.day
    LEFT JOIN bounce b ON b.domain_id = c.domain_id AND b.day = c.day AND b.id = substr(c.id, 1, 16)
), kept AS (
    INSERT INTO bounce (domain_id, day, id, class, rule, by_us, delayed, ours, code, status, phase, reply, receiver_host,
                        receiver_org, recipient_domain, ip, ip_source, mail_from_domain, header_from_domain, count,
                        first_at, last_at)
    SELECT domain_id, day, substr(id, 1, 16), class, min(rule), bool_or(by_us), bool_or(delayed), bool_or(ours), min(code),
           min(status), min(phase), (array_agg(reply ORDER BY at))[1], min(receiver_host), min(receiver_org),
           min(recipient_domain), min(ip), min(ip_source), min(mail_from_domain), min(header_from_domain), count(*),
           min(at), max(at)
    FROM placed
    WHERE NOT past
    GROUP BY domain_id, day, id, class
    UNION ALL
    SELECT domain_id, day, substr(sha256(convert_to(jsonb_build_array(class, by_us, delayed, ours)::text, 'UTF8')), 1, 16),
           class, NULL, by_us, delayed, ours, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           count(*), min(at), max(at)
    FROM placed
    WHERE past
    GROUP BY domain_id, day, class, by_us, delayed, ours
    ORDER BY 1, 2, 3
    ON CONFLICT (domain_id, day, id) DO UPDATE
    SET count = bounce.count + excluded.count,
        first_at = least(bounce.first_at, excluded.first_at),
        last_at = greatest(bounce.last_at, excluded.last_at)
)
SELECT g.n, c.n IS NOT NULL FROM given g LEFT JOIN counted c ON c.n = g.n
