-- Of every connection, once. What the server's administrator set for others must not end a long load;
-- what whoever calls us gave with the connection ("options") stays.
SELECT set_config(s.name, v.value, false)
FROM (VALUES ('TimeZone', 'UTC', true), ('DateStyle', 'ISO, YMD', true),
             ('default_transaction_isolation', 'read committed', true),
             ('statement_timeout', '0', false), ('idle_session_timeout', '0', false),
             ('transaction_timeout', '0', false), ('lock_timeout', '10min', false),
             -- we are gone, or stopped: others wait for what we hold
             ('idle_in_transaction_session_timeout', '15min', false)) AS v(name, value, always)
JOIN pg_settings s ON s.name = v.name
WHERE v.always OR s.source <> 'client'
