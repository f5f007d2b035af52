-- One order with its fills; its owner also sees what stands before it at its price.
-- shape: one
-- etag: part
-- reads: orders, accounts
-- params: id:uuid, caller_account_id:uuid, any:bool
SELECT o.item::jsonb || jsonb_build_object(
           'lifecycle', CASE WHEN o.lifecycle = 'executed' AND held.flat_offset >= o.filled_offset
                             THEN 'closed' ELSE o.lifecycle END,
           'fills', coalesce((SELECT jsonb_agg(f.item ORDER BY f.place)
                              FROM orders.fills f
                              WHERE f.order_id = o.id AND f.account_id = o.account_id), '[]'),
           'quantity_ahead',
           CASE WHEN o.account_id = $2::uuid AND o.status IN ('open', 'partially_filled')
                THEN bourse.decimal(coalesce((SELECT sum(a.remaining_quantity)
                                              FROM orders.orders a
                                              WHERE a.instrument = o.instrument
                                                AND a.side = o.side
                                                AND a.limit_price = o.limit_price
                                                AND a.entered_offset < o.entered_offset
                                                AND a.status IN ('open', 'partially_filled')), 0))
           END) AS item,
       o.version::text AS etag
FROM orders.order_items o
LEFT JOIN accounts.positions held
       ON held.account_id = o.account_id AND held.instrument = o.instrument
WHERE o.id = $1::uuid
  AND (o.account_id = $2::uuid OR coalesce($3::boolean, false))
