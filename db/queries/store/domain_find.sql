-- $1 name -> id
SELECT id FROM domain WHERE name = $1
