-- -> oldest and newest day with a report: of the first month and of the last, a look into the key for each domain
SELECT (SELECT min((SELECT min(r.day) FROM report r
                    WHERE r.domain_id = m.domain_id AND r.day >= m.month
                      AND r.day < (m.month + interval '1 month')::date))
        FROM rollup_month m
        WHERE m.month = (SELECT min(month) FROM rollup_month WHERE reports > 0)),
       (SELECT max((SELECT max(r.day) FROM report r
                    WHERE r.domain_id = m.domain_id AND r.day >= m.month
                      AND r.day < (m.month + interval '1 month')::date))
        FROM rollup_month m
        WHERE m.month = (SELECT max(month) FROM rollup_month WHERE reports > 0))
