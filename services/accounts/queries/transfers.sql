-- The caller's deposits and withdrawals, newest first.
-- shape: list
-- reads: accounts
-- params: caller_account_id:uuid, type:text, status:text, from:text, to:text, limit:int, cursor:text
SELECT accounts.transfer_item(moved) AS item,
       (extract(epoch FROM moved.created_at) * 1000000)::bigint || '/' || moved.id AS cursor
FROM accounts.funding_transactions moved
WHERE moved.account_id = $1::uuid
  AND ($2::text IS NULL OR moved.type = $2::text)
  AND ($3::text IS NULL OR moved.status = $3::text)
  AND ($4::text IS NULL OR moved.created_at >= $4::text::timestamptz)
  AND ($5::text IS NULL OR moved.created_at < $5::text::timestamptz)
  AND ($7::text IS NULL
       OR (moved.created_at, moved.id) <
          (timestamptz 'epoch' + split_part($7::text, '/', 1)::bigint * interval '1 microsecond',
           split_part($7::text, '/', 2)::uuid))
ORDER BY moved.created_at DESC, moved.id DESC
LIMIT $6::int
