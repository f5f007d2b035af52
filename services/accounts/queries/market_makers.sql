-- Market makers, newest first.
-- shape: list
-- reads: accounts
-- params: status:text, q:text, limit:int, cursor:text
SELECT item, (extract(epoch FROM maker.created_at) * 1000000)::bigint || '/' || maker.id AS cursor
FROM accounts.market_maker_items maker
WHERE ($1::text IS NULL OR maker.status = $1::text)
  AND ($2::text IS NULL
       OR position(lower($2::text) IN
                   lower(concat_ws(' ', maker.id, maker.name, maker.email, maker.description))) > 0)
  AND ($4::text IS NULL
       OR (maker.created_at, maker.id) <
          (timestamptz 'epoch' + split_part($4::text, '/', 1)::bigint * interval '1 microsecond',
           split_part($4::text, '/', 2)::uuid))
ORDER BY maker.created_at DESC, maker.id DESC
LIMIT $3::int
