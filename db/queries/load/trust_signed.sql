-- $1 organisation, $2 domain -> the days on which it signed, as an array; their months
SELECT array_agg(day), array_agg(DISTINCT date_trunc('month', day::timestamp)::date)
FROM reporter_day
WHERE org = $1 AND auth_domain = $2
