-- Identity checks of everybody, what changed last first.
-- shape: list
-- reads: accounts, settings
-- params: status:text, q:text, limit:int, cursor:text
SELECT accounts.kyc_item(checked)
       || jsonb_build_object('email', person.email, 'name', checked.name,
                             'reviewer_id', checked.reviewer_id) AS item,
       (extract(epoch FROM checked.updated_at) * 1000000)::bigint || '/' || checked.user_id
           AS cursor
FROM accounts.kyc_profiles checked
LEFT JOIN settings.users person ON person.id = checked.user_id
WHERE ($1::text IS NULL OR checked.status = $1::text)
  AND ($2::text IS NULL
       OR position(lower($2::text) IN
                   lower(concat_ws(' ', checked.user_id, person.email, checked.name))) > 0)
  AND ($4::text IS NULL
       OR (checked.updated_at, checked.user_id) <
          (timestamptz 'epoch' + split_part($4::text, '/', 1)::bigint * interval '1 microsecond',
           split_part($4::text, '/', 2)::uuid))
ORDER BY checked.updated_at DESC, checked.user_id DESC
LIMIT $3::int
