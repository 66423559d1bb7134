-- $1 a domain: answers about its names
DELETE FROM dns_snapshot WHERE name = $1 OR name LIKE '%.' || $1
