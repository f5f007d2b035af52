-- The caller's payment methods, newest first.
-- shape: list
-- reads: accounts
-- params: caller_account_id:uuid, limit:int, cursor:text
SELECT accounts.payment_method_item(method) AS item,
       (extract(epoch FROM method.created_at) * 1000000)::bigint || '/' || method.id AS cursor
FROM accounts.payment_methods method
WHERE method.account_id = $1::uuid AND method.status <> 'removed'
  AND ($3::text IS NULL
       OR (method.created_at, method.id) <
          (timestamptz 'epoch' + split_part($3::text, '/', 1)::bigint * interval '1 microsecond',
           split_part($3::text, '/', 2)::uuid))
ORDER BY method.created_at DESC, method.id DESC
LIMIT $2::int
