-- $1 months: folds that say something else now
UPDATE rollup_month SET stale = true WHERE month = ANY ($1::date[]) AND NOT stale
