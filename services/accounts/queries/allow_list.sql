-- Where the caller's withdrawals may go, newest first; to anywhere where there is nothing on it.
-- shape: list
-- reads: accounts
-- params: caller_account_id:uuid, limit:int, cursor:text
SELECT accounts.allowed_item(allowed) AS item,
       (extract(epoch FROM allowed.created_at) * 1000000)::bigint || '/' || allowed.id AS cursor
FROM accounts.allowed_destinations allowed
WHERE allowed.account_id = $1::uuid AND allowed.removed_at IS NULL
  AND ($3::text IS NULL
       OR (allowed.created_at, allowed.id) <
          (timestamptz 'epoch' + split_part($3::text, '/', 1)::bigint * interval '1 microsecond',
           split_part($3::text, '/', 2)::uuid))
ORDER BY allowed.created_at DESC, allowed.id DESC
LIMIT $2::int
