-- $1 domain name, $2 identity, $3 day -> content of the stored report and of conflicts in quarantine
SELECT r.content FROM report r JOIN domain d ON d.id = r.domain_id
WHERE d.name = $1 AND r.identity = $2 AND r.day = $3::date
UNION ALL
SELECT q.content FROM quarantine q JOIN domain d ON d.id = q.domain_id WHERE d.name = $1 AND q.identity = $2
