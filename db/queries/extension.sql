-- $1 name -> is the extension in this database, could it be
SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = $1),
       EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = $1)
