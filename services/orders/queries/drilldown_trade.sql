-- One of the caller's trades, down to the event of the book that it is in and the postings that settled
-- it, with the position behind them.
-- shape: one
-- reads: orders, accounts
-- params: id:uuid, caller_account_id:uuid
SELECT shown.item, md5(shown.item::text) AS etag
FROM orders.fills fill
CROSS JOIN LATERAL (
    SELECT json_build_object(
        'trade', fill.item,
        'event', (SELECT json_build_object(
                             'type', met.type,
                             'position', 'orders/' || met.partition || '/' || met.event_offset,
                             'event_id', met.event_id,
                             'occurred_at', bourse.time(met.occurred_at))
                  FROM orders.events met
                  WHERE met.partition = fill.partition AND met.event_offset = fill.event_offset),
        'settlements', (SELECT coalesce(json_agg(json_build_object(
                                   'position', 'accounts/' || line.partition || '/'
                                               || line.event_offset,
                                   'asset', line.asset,
                                   'amount', bourse.decimal(line.amount),
                                   'balance_total', bourse.decimal(line.balance_total),
                                   'position_quantity', bourse.decimal(line.position_quantity),
                                   'position_cost', bourse.decimal(line.position_cost),
                                   'realised_pnl', bourse.decimal(line.position_pnl),
                                   'occurred_at', bourse.time(line.occurred_at))
                                   ORDER BY line.event_offset, line.line), '[]'::json)
                        FROM accounts.answers_to(fill.partition, fill.event_offset) AS settled
                        JOIN accounts.transactions line
                          ON line.partition = settled.partition
                         AND line.event_offset = settled.event_offset
                        WHERE line.account_id = fill.account_id
                          AND line.reference_id = fill.order_id),
        'links', json_build_object(
            'order', '/api/v1/drilldowns/orders/' || fill.order_id,
            'position', '/api/v1/drilldowns/positions/' || fill.instrument,
            'instrument', '/api/v1/drilldowns/instruments/' || fill.instrument)) AS item) AS shown
WHERE fill.trade_id = $1::uuid AND fill.account_id = $2::uuid
