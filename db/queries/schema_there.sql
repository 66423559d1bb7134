-- -> is the table of versions there? Read from the catalogue itself: to_regclass() answers from a cache that
-- does not learn, inside a transaction that waited for a lock, what the lock's holder has made.
SELECT EXISTS (SELECT 1 FROM pg_class WHERE relname = 'schema_version' AND relnamespace = current_schema()::regnamespace)
