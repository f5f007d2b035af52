-- What the caller's account trades: its open orders, what it did today, and the quotes of what it
-- holds or has orders in. Everything is counted; sums of money are of instruments quoted in EUR.
-- shape: one
-- reads: accounts, orders
-- params: caller_account_id:uuid
WITH open AS (
    SELECT o.*
    FROM orders.order_items o
    WHERE o.account_id = $1::uuid AND o.status IN ('pending', 'open', 'partially_filled')
), filled AS (
    SELECT fill.*, known.quote
    FROM orders.fills fill
    LEFT JOIN orders.symbols known ON known.symbol = fill.instrument
    WHERE fill.account_id = $1::uuid
      AND fill.place >= bourse.place(date_trunc('day', now(), 'UTC'))
), watched AS (
    SELECT instrument FROM open
    UNION
    SELECT instrument FROM accounts.positions WHERE account_id = $1::uuid AND quantity > 0
)
SELECT shown.item, md5(shown.item::text) AS etag,
       (SELECT string_agg('book ' || instrument, ',') FROM watched) AS depends
FROM accounts.accounts account
CROSS JOIN LATERAL (
    SELECT json_build_object(
        'account_id', account.id,
        'currency', 'EUR',
        'today', json_build_object(
            'date', (now() AT TIME ZONE 'UTC')::date,
            'orders', (SELECT count(*) FROM orders.orders
                       WHERE account_id = account.id
                         AND place >= bourse.place(date_trunc('day', now(), 'UTC'))),
            'fills', (SELECT count(*) FROM filled),
            'bought', bourse.decimal(coalesce((SELECT sum(round(price * quantity, 8)) FROM filled
                                               WHERE side = 'buy' AND quote = 'EUR'), 0)),
            'sold', bourse.decimal(coalesce((SELECT sum(round(price * quantity, 8)) FROM filled
                                             WHERE side = 'sell' AND quote = 'EUR'), 0)),
            'fees', bourse.decimal(coalesce((SELECT sum(fee) FROM filled WHERE quote = 'EUR'), 0)),
            'links', json_build_object(
                'pnl', '/api/v1/drilldowns/pnl/' || (now() AT TIME ZONE 'UTC')::date)),
        'open_orders', json_build_object(
            'count', (SELECT count(*) FROM open),
            'items', (SELECT coalesce(json_agg(item ORDER BY place DESC), '[]'::json)
                      FROM (SELECT item, place FROM open
                            ORDER BY place DESC LIMIT 20) AS latest)),
        'recent_trades', (SELECT coalesce(json_agg(item ORDER BY place DESC), '[]'::json)
                          FROM (SELECT item, place FROM orders.fills
                                WHERE account_id = account.id
                                ORDER BY place DESC LIMIT 20) AS latest),
        'quotes', (SELECT coalesce(json_agg(json_build_object(
                              'symbol', quoted.instrument,
                              'bid', bourse.decimal(quoted.bid),
                              'ask', bourse.decimal(quoted.ask),
                              'last', bourse.decimal(market.last_price),
                              'links', json_build_object(
                                  'instrument',
                                  '/api/v1/drilldowns/instruments/' || quoted.instrument))
                              ORDER BY quoted.instrument), '[]'::json)
                   FROM (SELECT watched.instrument,
                                (SELECT max(limit_price) FROM orders.orders
                                 WHERE orders.instrument = watched.instrument AND side = 'buy'
                                   AND status IN ('open', 'partially_filled')) AS bid,
                                (SELECT min(limit_price) FROM orders.orders
                                 WHERE orders.instrument = watched.instrument AND side = 'sell'
                                   AND status IN ('open', 'partially_filled')) AS ask
                         FROM watched) AS quoted
                   LEFT JOIN orders.market_data market
                          ON market.instrument = quoted.instrument)) AS item) AS shown
WHERE account.id = $1::uuid
