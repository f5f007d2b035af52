-- One of the caller's positions, down to the settlements that made it, the newest hundred.
-- shape: one
-- reads: accounts, orders
-- params: instrument:text, caller_account_id:uuid
WITH moved AS ( -- what moved it, newest first: one line for each order of an event
    SELECT settled.*, by.realised
    FROM orders.symbols known
    CROSS JOIN LATERAL (
        SELECT *
        FROM accounts.transactions found
        WHERE found.account_id = $2::uuid AND found.asset = known.base
          AND found.balance_total IS NOT NULL AND found.instrument = known.symbol
        ORDER BY found.occurred_at DESC, found.event_offset DESC, found.line DESC
        LIMIT 100) AS settled
    CROSS JOIN LATERAL accounts.realised_by(settled) AS by
    WHERE known.symbol = $1::text
)
SELECT shown.item, md5(shown.item::text) AS etag
FROM accounts.positions held
CROSS JOIN LATERAL accounts.price_at(held.instrument, now()) AS marked
CROSS JOIN LATERAL (
    SELECT json_build_object(
        'position', accounts.position_item(held, marked.price),
        'settlements', (SELECT coalesce(json_agg(json_build_object(
                                   'position', 'accounts/' || partition || '/' || event_offset,
                                   'order_id', reference_id,
                                   'quantity', bourse.decimal(amount),
                                   'position_quantity', bourse.decimal(position_quantity),
                                   'position_cost', bourse.decimal(position_cost),
                                   'realised_pnl', bourse.decimal(realised),
                                   'occurred_at', bourse.time(occurred_at),
                                   'links', json_build_object(
                                       'order', '/api/v1/drilldowns/orders/' || reference_id,
                                       'pnl', '/api/v1/drilldowns/pnl/'
                                              || (occurred_at AT TIME ZONE 'UTC')::date))
                                   ORDER BY occurred_at DESC, event_offset DESC, line DESC),
                                        '[]'::json)
                        FROM moved),
        'links', json_build_object(
            'instrument', '/api/v1/drilldowns/instruments/' || held.instrument,
            'trades', '/api/v1/trades?instrument=' || held.instrument)) AS item) AS shown
WHERE held.account_id = $2::uuid AND held.instrument = $1::text
