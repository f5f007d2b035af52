-- One order with its fills, now or as it was (orders.sql); its owner also sees what stands before it at
-- its price, of now.
-- shape: one
-- item: columns
-- etag: part
-- reads: orders, accounts
-- params: id:uuid, caller_account_id:uuid, any:bool, as_of:text
SELECT CASE WHEN $4::text IS NOT NULL THEN (
           SELECT o.item::jsonb || past.was || jsonb_build_object(
                      'lifecycle', CASE WHEN past.lifecycle = 'executed'
                                             AND held.flat_offset >= past.filled_offset
                                             AND accounts.was_flat(o.account_id, o.instrument,
                                                                   o.partition, past.filled_offset,
                                                                   bound.until)
                                        THEN 'closed' ELSE past.lifecycle END,
                      'fills', coalesce((SELECT jsonb_agg(f.item ORDER BY f.place)
                                         FROM orders.fills f
                                         WHERE f.order_id = o.id AND f.account_id = o.account_id
                                           AND orders.had_happened(bound, f.executed_at, f.partition,
                                                                   f.event_offset)), '[]'),
                      'quantity_ahead', NULL)
           FROM orders.bound_of($4::text) AS bound
           CROSS JOIN LATERAL orders.order_at(o.known, bound) AS past) END AS item,
       CASE WHEN $4::text IS NULL THEN o.version::text
            ELSE md5(concat_ws('/', $4::text, o.version, held.flat_offset)) END AS etag,
       o.id, o.account_id, o.instrument, o.side, o.type, o.time_in_force, o.status,
       CASE WHEN o.lifecycle = 'executed' AND held.flat_offset >= o.filled_offset
            THEN 'closed' ELSE o.lifecycle END AS lifecycle,
       o.quantity, o.filled_quantity, o.remaining_quantity, o.limit_price, o.max_notional,
       o.average_fill_price, o.filled_notional, o.fees, o.post_only, o.self_trade, o.client_order_id,
       o.trigger, o.stop_price, o.trail_amount, o.trail_percent, o.expires_at, o.stop_loss_price,
       o.take_profit_price, o.parent_id, o.sibling_id, o.close, o.end_reason, o.code, o.message,
       o.created_at, o.updated_at,
       (SELECT coalesce(json_agg(f.item ORDER BY f.place), '[]')
        FROM orders.fills f
        WHERE f.order_id = o.id AND f.account_id = o.account_id) AS fills,
       CASE WHEN o.account_id = $2::uuid AND o.status IN ('open', 'partially_filled')
            THEN bourse.decimal((SELECT coalesce(sum(a.remaining_quantity), 0)
                                 FROM orders.orders a
                                 WHERE a.instrument = o.instrument
                                   AND a.side = o.side
                                   AND a.limit_price = (o.known).limit_price
                                   AND a.entered_offset < (o.known).entered_offset
                                   AND a.status IN ('open', 'partially_filled'))) END AS quantity_ahead
FROM orders.order_items o
LEFT JOIN accounts.positions held
       ON held.account_id = o.account_id AND held.instrument = o.instrument
WHERE o.id = $1::uuid
  AND (o.account_id = $2::uuid OR coalesce($3::boolean, false))
  AND ($4::text IS NULL
       OR EXISTS (SELECT
                  FROM orders.bound_of($4::text) AS bound
                  CROSS JOIN LATERAL orders.order_at(o.known, bound) AS past
                  WHERE past.status IS NOT NULL))
