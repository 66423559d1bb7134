-- $1 first day, $2 day behind the last -> days of which logs or bounces were read
SELECT DISTINCT day FROM bounce_covered WHERE day >= $1::date AND day < $2::date ORDER BY day
