-- Every posting of the caller's account with the balance behind it, newest first, or oldest.
-- shape: list
-- reads: accounts
-- params: caller_account_id:uuid, asset:text, kind:word, from:text, to:text, sort:word, limit:int, cursor:text
SELECT accounts.transaction_item(moved) AS item, accounts.transaction_place(moved) AS cursor
FROM accounts.lines_page($1::uuid, $2::text, $3::text, $4::timestamptz, $5::timestamptz,
                         $6::text IS NOT DISTINCT FROM 'occurred_at', $8::text, $7::int) AS moved
