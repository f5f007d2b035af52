-- What a market maker has, by asset, and what is due to it, now or as they were (balances.sql).
-- shape: one
-- reads: accounts
-- params: market_maker_id:uuid, as_of:text
SELECT shown.item, md5(shown.item::text) AS etag
FROM accounts.market_maker_clients maker
CROSS JOIN LATERAL accounts.bound_of(maker.id, $2::text) AS bound
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(held.asset, jsonb_build_object(
               'available', bourse.decimal(coalesce(past.available, 0)),
               'locked', bourse.decimal(coalesce(past.locked, 0)),
               'total', bourse.decimal(coalesce(past.available + past.locked, 0)))) AS by_asset
    FROM (VALUES ('CEA'), ('EUA')
          UNION
          SELECT asset FROM accounts.balances WHERE account_id = maker.id) AS held (asset)
    LEFT JOIN accounts.balances_at(maker.id, bound) AS past
           ON past.asset = held.asset) AS balances
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(due.asset, bourse.decimal(coalesce(past.amount, 0))) AS by_asset
    FROM (VALUES ('EUR')
          UNION
          SELECT asset FROM accounts.market_maker_proceeds WHERE market_maker_id = maker.id)
         AS due (asset)
    LEFT JOIN LATERAL (
        SELECT owed.amount
        FROM accounts.market_maker_proceeds owed
        WHERE $2::text IS NULL AND owed.market_maker_id = maker.id AND owed.asset = due.asset
        UNION ALL
        (SELECT (e.balances -> 'proceeds' ->> due.asset)::numeric
         FROM accounts.account_events e
         WHERE $2::text IS NOT NULL
           AND e.account_id = maker.id
           AND e.occurred_at <= bound.until
           AND e.event_offset <= bound.last_offset
           AND e.balances -> 'proceeds' -> due.asset IS NOT NULL
         ORDER BY e.occurred_at DESC, e.event_offset DESC
         LIMIT 1)) AS past ON true) AS proceeds
CROSS JOIN LATERAL (
    SELECT balances.by_asset || jsonb_build_object('proceeds', proceeds.by_asset) AS item) AS shown
WHERE maker.id = $1::uuid
