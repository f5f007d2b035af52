-- One order with its fills, now or as it was (orders.sql); its owner also sees what stands before it at
-- its price, of now.
-- shape: one
-- etag: part
-- reads: orders, accounts
-- params: id:uuid, caller_account_id:uuid, any:bool, as_of:text
SELECT shown.item, CASE WHEN $4::text IS NULL THEN shown.version::text ELSE md5(shown.item::text) END AS etag
FROM (
    SELECT o.item::jsonb || coalesce(past.was, '{}') || jsonb_build_object(
               'lifecycle', CASE WHEN coalesce(past.lifecycle, o.lifecycle) = 'executed'
                                      AND held.flat_offset >= coalesce(past.filled_offset, o.filled_offset)
                                      AND ($4::text IS NULL
                                           OR accounts.was_flat(o.account_id, o.instrument, o.partition,
                                                                past.filled_offset, bound.until))
                                 THEN 'closed' ELSE coalesce(past.lifecycle, o.lifecycle) END,
               'fills', coalesce((SELECT jsonb_agg(f.item ORDER BY f.place)
                                  FROM orders.fills f
                                  WHERE f.order_id = o.id AND f.account_id = o.account_id
                                    AND ($4::text IS NULL
                                         OR orders.had_happened(bound, f.executed_at, f.partition,
                                                                f.event_offset))), '[]'),
               'quantity_ahead',
               CASE WHEN $4::text IS NULL AND o.account_id = $2::uuid
                         AND o.status IN ('open', 'partially_filled')
                    THEN bourse.decimal(coalesce((SELECT sum(a.remaining_quantity)
                                                  FROM orders.orders a
                                                  WHERE a.instrument = o.instrument
                                                    AND a.side = o.side
                                                    AND a.limit_price = o.limit_price
                                                    AND a.entered_offset < o.entered_offset
                                                    AND a.status IN ('open', 'partially_filled')), 0))
               END) AS item,
           o.version
    FROM orders.bound_of($4::text) AS bound
    CROSS JOIN orders.order_items o
    LEFT JOIN LATERAL orders.order_at(o.known, bound) AS past ON $4::text IS NOT NULL
    LEFT JOIN accounts.positions held
           ON held.account_id = o.account_id AND held.instrument = o.instrument
    WHERE o.id = $1::uuid
      AND (o.account_id = $2::uuid OR coalesce($3::boolean, false))
      AND ($4::text IS NULL OR past.status IS NOT NULL)) AS shown
