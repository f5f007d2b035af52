-- Everybody's deposits and withdrawals, newest first.
-- shape: list
-- reads: accounts, settings
-- params: type:text, status:text, account_id:uuid, from:text, to:text, limit:int, cursor:text
SELECT accounts.transfer_item(moved)
       || jsonb_build_object('account_id', moved.account_id, 'email', person.email,
                             'destination', method.shown, 'provider', moved.provider,
                             'reference', moved.reference) AS item,
       (extract(epoch FROM moved.created_at) * 1000000)::bigint || '/' || moved.id AS cursor
FROM accounts.funding_transactions moved
JOIN accounts.accounts account ON account.id = moved.account_id
LEFT JOIN accounts.payment_methods method ON method.id = moved.payment_method_id
LEFT JOIN settings.users person ON person.id = account.user_id
WHERE ($1::text IS NULL OR moved.type = $1::text)
  AND ($2::text IS NULL OR moved.status = $2::text)
  AND ($3::uuid IS NULL OR moved.account_id = $3::uuid)
  AND ($4::text IS NULL OR moved.created_at >= $4::text::timestamptz)
  AND ($5::text IS NULL OR moved.created_at < $5::text::timestamptz)
  AND ($7::text IS NULL
       OR (moved.created_at, moved.id) <
          (timestamptz 'epoch' + split_part($7::text, '/', 1)::bigint * interval '1 microsecond',
           split_part($7::text, '/', 2)::uuid))
ORDER BY moved.created_at DESC, moved.id DESC
LIMIT $6::int
