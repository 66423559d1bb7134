-- $1 organisations, folded -> those whose reports usually are proved
SELECT org FROM reporter_trust WHERE org = ANY ($1::text[]) AND how = 'usual'
