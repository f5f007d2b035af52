-- One posting of the caller's account, by its place in the log.
-- shape: one
-- reads: accounts
-- params: caller_account_id:uuid, id:text
SELECT shown.item, md5(shown.item::text) AS etag
FROM accounts.transactions found
CROSS JOIN LATERAL (SELECT accounts.transaction_item(found) AS item) AS shown
WHERE found.partition = split_part($2::text, '-', 1)::int
  AND found.event_offset = split_part($2::text, '-', 2)::bigint
  AND found.line = split_part($2::text, '-', 3)::int
  AND found.account_id = $1::uuid AND found.balance_total IS NOT NULL
