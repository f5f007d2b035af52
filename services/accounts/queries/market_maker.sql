-- One market maker.
-- shape: one
-- etag: part
-- reads: accounts
-- params: market_maker_id:uuid
SELECT json_build_object(
           'id', maker.id,
           'name', maker.name,
           'email', maker.email,
           'description', maker.description,
           'status', maker.status,
           'balances', balances.by_asset,
           'created_at', bourse.time(maker.created_at),
           'updated_at', bourse.time(maker.updated_at)) AS item,
       maker.version::text AS etag
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
WHERE maker.id = $1::uuid
