-- One of the caller's orders, down to the events that made it: its trades, its tickets, and the events
-- of accounts that settled it.
-- shape: one
-- reads: orders, accounts, audit
-- params: id:uuid, caller_account_id:uuid
SELECT shown.item, md5(shown.item::text) AS etag
FROM orders.order_items o
LEFT JOIN accounts.positions held
       ON held.account_id = o.account_id AND held.instrument = o.instrument
CROSS JOIN LATERAL (
    SELECT json_build_object(
        'order', CASE WHEN o.lifecycle = 'executed' AND held.flat_offset >= o.filled_offset
                      THEN (o.item::jsonb || '{"lifecycle": "closed"}')::json ELSE o.item END,
        'trades', (SELECT coalesce(json_agg(json_build_object(
                              'trade_id', fill.trade_id,
                              'price', bourse.decimal(fill.price),
                              'quantity', bourse.decimal(fill.quantity),
                              'fee', bourse.decimal(fill.fee),
                              'executed_at', bourse.time(fill.executed_at),
                              'position', 'orders/' || fill.partition || '/' || fill.event_offset,
                              'links', json_build_object(
                                  'trade', '/api/v1/drilldowns/trades/' || fill.trade_id))
                              ORDER BY fill.place), '[]'::json)
                   FROM orders.fills fill
                   WHERE fill.order_id = o.id AND fill.account_id = o.account_id),
        'settlements', (SELECT coalesce(json_agg(json_build_object(
                                   'position', 'accounts/' || line.partition || '/'
                                               || line.event_offset,
                                   'asset', line.asset,
                                   'amount', bourse.decimal(line.amount),
                                   'balance_total', bourse.decimal(line.balance_total),
                                   'occurred_at', bourse.time(line.occurred_at))
                                   ORDER BY line.event_offset, line.line), '[]'::json)
                        FROM (SELECT DISTINCT partition, event_offset
                              FROM orders.fills
                              WHERE order_id = o.id AND account_id = o.account_id) AS met
                        CROSS JOIN LATERAL accounts.answers_to(met.partition, met.event_offset)
                            AS settled
                        JOIN accounts.transactions line
                          ON line.partition = settled.partition
                         AND line.event_offset = settled.event_offset
                        WHERE line.account_id = o.account_id AND line.reference_id = o.id),
        'tickets', (SELECT coalesce(json_agg(json_build_object(
                               'ticket_id', ticket.id,
                               'action', ticket.action,
                               'outcome', ticket.outcome,
                               'code', ticket.code,
                               'occurred_at', bourse.time(ticket.occurred_at))
                               ORDER BY ticket.seq), '[]'::json)
                    FROM audit.ticket_logs ticket
                    WHERE ticket.entity_id = o.id::text
                      AND coalesce(ticket.account_id, o.account_id) = o.account_id),
        'links', json_build_object(
            'history', '/api/v1/orders/' || o.id || '/history',
            'instrument', '/api/v1/drilldowns/instruments/' || o.instrument,
            'position', '/api/v1/drilldowns/positions/' || o.instrument)) AS item) AS shown
WHERE o.id = $1::uuid AND o.account_id = $2::uuid
