-- People who registered, newest first.
-- shape: list
-- reads: settings
-- params: q:text, role:text, status:text, limit:int, cursor:text
SELECT json_build_object(
           'id', users.id,
           'email', users.email,
           'full_name', users.full_name,
           'roles', users.roles,
           'account_id', users.account_id,
           'status', users.status,
           'created_at', bourse.time(users.created_at)) AS item,
       (extract(epoch FROM users.created_at) * 1000000)::bigint || '/' || users.id AS cursor
FROM settings.users
WHERE ($1::text IS NULL
       OR position(lower($1::text) IN
                   lower(coalesce(users.email, '') || ' ' || coalesce(users.full_name, ''))) > 0)
  AND ($2::text IS NULL OR $2::text = ANY (users.roles))
  AND ($3::text IS NULL OR users.status = $3::text)
  AND ($5::text IS NULL
       OR (users.created_at, users.id) <
          (timestamptz 'epoch' + split_part($5::text, '/', 1)::bigint * interval '1 microsecond',
           split_part($5::text, '/', 2)::uuid))
ORDER BY users.created_at DESC, users.id DESC
LIMIT $4::int
