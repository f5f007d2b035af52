-- Market makers, newest first.
-- shape: list
-- reads: accounts
-- params: status:text, q:text, limit:int, cursor:text
SELECT json_build_object(
           'id', maker.id,
           'name', maker.name,
           'email', maker.email,
           'description', maker.description,
           'status', maker.status,
           'balances', balances.by_asset,
           'created_at', bourse.time(maker.created_at),
           'updated_at', bourse.time(maker.updated_at)) AS item,
       (extract(epoch FROM maker.created_at) * 1000000)::bigint || '/' || maker.id AS cursor
FROM accounts.market_maker_clients maker
CROSS JOIN LATERAL (
    SELECT json_object_agg(held.asset, json_build_object(
               'available', bourse.decimal(coalesce(balance.available, 0)),
               'locked', bourse.decimal(coalesce(balance.locked, 0)),
               'total', bourse.decimal(coalesce(balance.total, 0))) ORDER BY held.asset) AS by_asset
    FROM (VALUES ('CEA'), ('EUA')
          UNION
          SELECT asset FROM accounts.balances WHERE account_id = maker.id) AS held (asset)
    LEFT JOIN accounts.balances balance
           ON balance.account_id = maker.id AND balance.asset = held.asset) AS balances
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
