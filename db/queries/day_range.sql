-- -> oldest and newest day with a report
SELECT min(day), max(day) FROM report
