-- The caller's account at a glance: what it is worth, what today brought, its largest positions, its
-- open orders and its last trades.
-- shape: one
-- reads: accounts, orders
-- params: caller_account_id:uuid
WITH held AS (
    SELECT held.instrument, accounts.position_item(held, marked.price) AS item,
           round(held.quantity * marked.price, 8) AS value,
           round(held.quantity * marked.price - held.cost, 8) AS unrealised, held.realised_pnl,
           known.quote
    FROM accounts.positions held
    LEFT JOIN orders.symbols known ON known.symbol = held.instrument
    CROSS JOIN LATERAL accounts.price_at(held.instrument, now()) AS marked
    WHERE held.account_id = $1::uuid
), today AS (
    SELECT * FROM accounts.days($1::uuid, (now() AT TIME ZONE 'UTC')::date,
                                (now() AT TIME ZONE 'UTC')::date)
)
SELECT shown.item, md5(shown.item::text) AS etag, accounts.prices_of(account.id) AS depends
FROM accounts.accounts account
CROSS JOIN LATERAL (
    SELECT json_build_object(
        'account_id', account.id,
        'status', account.status,
        'currency', 'EUR',
        'value', bourse.decimal(today.cash + today.assets),
        'cash', (SELECT json_build_object('available', bourse.decimal(coalesce(max(available), 0)),
                                          'locked', bourse.decimal(coalesce(max(locked), 0)),
                                          'total', bourse.decimal(coalesce(max(total), 0)))
                 FROM accounts.balances
                 WHERE account_id = account.id AND asset = 'EUR'),
        'assets_value', bourse.decimal(today.assets),
        'unrealised_pnl', bourse.decimal(coalesce((SELECT sum(unrealised) FROM held
                                                   WHERE quote = 'EUR'), 0)),
        'realised_pnl', bourse.decimal(coalesce((SELECT sum(realised_pnl) FROM held
                                                 WHERE quote = 'EUR'), 0)),
        'today', json_build_object(
            'date', today.day,
            'flow', bourse.decimal(today.flow),
            'pnl', bourse.decimal(today.cash + today.assets - today.before - today.flow),
            'return', bourse.decimal(round(today.growth - 1, 8)),
            'links', json_build_object('pnl', '/api/v1/drilldowns/pnl/' || today.day)),
        'positions', (SELECT coalesce(json_agg(item ORDER BY value DESC NULLS LAST, instrument),
                                      '[]'::json)
                      FROM (SELECT * FROM held
                            ORDER BY value DESC NULLS LAST, instrument LIMIT 5) AS largest),
        'open_orders', (SELECT count(*) FROM orders.orders
                        WHERE account_id = account.id
                          AND status IN ('pending', 'open', 'partially_filled')),
        'recent_trades', (SELECT coalesce(json_agg(item ORDER BY place DESC), '[]'::json)
                          FROM (SELECT item, place FROM orders.fills
                                WHERE account_id = account.id
                                ORDER BY place DESC LIMIT 5) AS latest),
        'links', json_build_object('performance', '/api/v1/analytics/performance',
                                   'allocation', '/api/v1/analytics/allocation',
                                   'positions', '/api/v1/positions',
                                   'orders', '/api/v1/orders')) AS item
    FROM today) AS shown
WHERE account.id = $1::uuid
