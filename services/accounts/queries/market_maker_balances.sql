-- What a market maker has, by asset, and what is due to it.
-- shape: one
-- reads: accounts
-- params: market_maker_id:uuid
SELECT balances.by_asset || jsonb_build_object('proceeds', proceeds.by_asset) AS item
FROM accounts.market_maker_clients maker
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(held.asset, jsonb_build_object(
               'available', bourse.decimal(coalesce(balance.available, 0)),
               'locked', bourse.decimal(coalesce(balance.locked, 0)),
               'total', bourse.decimal(coalesce(balance.total, 0)))) AS by_asset
    FROM (VALUES ('CEA'), ('EUA')
          UNION
          SELECT asset FROM accounts.balances WHERE account_id = maker.id) AS held (asset)
    LEFT JOIN accounts.balances balance
           ON balance.account_id = maker.id AND balance.asset = held.asset) AS balances
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(due.asset, bourse.decimal(coalesce(owed.amount, 0))) AS by_asset
    FROM (VALUES ('EUR')
          UNION
          SELECT asset FROM accounts.market_maker_proceeds WHERE market_maker_id = maker.id)
         AS due (asset)
    LEFT JOIN accounts.market_maker_proceeds owed
           ON owed.market_maker_id = maker.id AND owed.asset = due.asset) AS proceeds
WHERE maker.id = $1::uuid
