-- $1 domain ids, $2 since, $3 until, within one month -> rows of records as they are kept: sources, profiles,
-- messages (arrays in step), reporter, day, standing, domain_id. They are taken apart by who reads them, which is four
-- times as fast as to do that and sort them here.
SELECT c.source, c.profile_id, c.messages, r.reporter_id, c.day, r.standing, c.domain_id
FROM report r
JOIN record c ON c.domain_id = r.domain_id AND c.report_id = r.report_id AND c.day = r.day
WHERE c.domain_id = ANY ($1::bigint[]) AND c.day >= $2::date AND c.day < $3::date
  AND r.domain_id = ANY ($1::bigint[]) AND r.day >= $2::date AND r.day < $3::date
