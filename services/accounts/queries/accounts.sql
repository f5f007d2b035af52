-- Ledger accounts with whom they belong to, newest first. Text is looked for in all of them at once:
-- one by one, newest first, costs twice as much where few or none have it.
-- shape: list
-- reads: accounts, settings
-- params: status:text, kind:text, q:text, limit:int, cursor:text
WITH found AS MATERIALIZED (
    SELECT account.id
    FROM accounts.accounts account
    LEFT JOIN settings.users person ON person.id = account.user_id
    LEFT JOIN accounts.market_maker_clients maker ON maker.id = account.id
    WHERE position(lower($3::text) IN
                   lower(concat_ws(' ', account.id, person.email, person.full_name, maker.email,
                                   maker.name))) > 0
)
SELECT accounts.account_item(account, coalesce(person.email, maker.email),
                             coalesce(person.full_name, maker.name)) AS item,
       (extract(epoch FROM account.created_at) * 1000000)::bigint || '/' || account.id AS cursor
FROM accounts.accounts account
LEFT JOIN settings.users person ON person.id = account.user_id
LEFT JOIN accounts.market_maker_clients maker ON maker.id = account.id
WHERE ($1::text IS NULL OR account.status = $1::text)
  AND ($2::text IS NULL OR account.kind = $2::text)
  AND ($3::text IS NULL OR account.id IN (SELECT id FROM found))
  AND ($5::text IS NULL
       OR (account.created_at, account.id) <
          (timestamptz 'epoch' + split_part($5::text, '/', 1)::bigint * interval '1 microsecond',
           split_part($5::text, '/', 2)::uuid))
ORDER BY account.created_at DESC, account.id DESC
LIMIT $4::int
