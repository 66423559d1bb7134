-- -> n of the staged profile, profile_id
SELECT s.n, p.profile_id
FROM stage_profile s
JOIN profile p ON p.domain_id = s.domain_id AND p.digest = s.digest
