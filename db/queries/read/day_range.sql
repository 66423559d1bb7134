-- $1 first month with a report, $2 last -> oldest and newest day with one: a look into the key for each domain
SELECT (SELECT min((SELECT min(r.day) FROM report r
                    WHERE r.domain_id = m.domain_id AND r.day >= $1::date
                      AND r.day < ($1::date + interval '1 month')::date))
        FROM rollup_month m
        WHERE m.month = $1::date),
       (SELECT max((SELECT max(r.day) FROM report r
                    WHERE r.domain_id = m.domain_id AND r.day >= $2::date
                      AND r.day < ($2::date + interval '1 month')::date))
        FROM rollup_month m
        WHERE m.month = $2::date)
