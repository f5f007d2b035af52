-- An instrument as it concerns the caller: its figures, what the caller holds of it, and the caller's
-- open orders and last trades in it.
-- shape: one
-- reads: orders, accounts
-- params: symbol:text, caller_account_id:uuid
SELECT shown.item, md5(shown.item::text) AS etag
FROM orders.instrument_items this
CROSS JOIN LATERAL (
    SELECT json_build_object(
        'instrument', this.item,
        'position', (SELECT accounts.position_item(held, marked.price)
                     FROM accounts.positions held
                     CROSS JOIN LATERAL accounts.price_at(this.symbol, now()) AS marked
                     WHERE held.account_id = $2::uuid AND held.instrument = this.symbol),
        'open_orders', (SELECT coalesce(json_agg(o.item ORDER BY o.place DESC), '[]'::json)
                        FROM (SELECT item, place
                              FROM orders.order_items
                              WHERE account_id = $2::uuid AND instrument = this.symbol
                                AND status IN ('pending', 'open', 'partially_filled')
                              ORDER BY place DESC LIMIT 100) AS o),
        'recent_trades', (SELECT coalesce(json_agg(fill.item ORDER BY fill.place DESC), '[]'::json)
                          FROM (SELECT item, place
                                FROM orders.fills
                                WHERE account_id = $2::uuid AND instrument = this.symbol
                                ORDER BY place DESC LIMIT 20) AS fill),
        'last_event', (SELECT 'orders/' || trade.partition || '/' || trade.event_offset
                       FROM orders.trades trade
                       WHERE trade.instrument = this.symbol
                       ORDER BY trade.place DESC LIMIT 1),
        'links', json_build_object(
            'position', '/api/v1/drilldowns/positions/' || this.symbol,
            'book', '/api/v1/market/' || this.symbol || '/book',
            'candles', '/api/v1/market/' || this.symbol || '/candles',
            'trades', '/api/v1/trades?instrument=' || this.symbol)) AS item) AS shown
WHERE this.symbol = $1::text
