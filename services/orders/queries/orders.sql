-- The caller's own orders, newest first, or oldest; those that there are, or were, as they were then
-- (order_at). An executed one is closed once the position that it changed has been flat (accounts'
-- flat_offset).
-- shape: list
-- item: columns
-- reads: orders, accounts
-- params: caller_account_id:uuid, status:word, instrument:text, side:text, from:text, to:text, as_of:text, sort:word, limit:int, cursor:text
SELECT CASE WHEN $7::text IS NOT NULL
            THEN (o.item::jsonb || past.was
                  || CASE WHEN past.lifecycle = 'executed' AND held.flat_offset >= past.filled_offset
                               AND accounts.was_flat(o.account_id, o.instrument, o.partition,
                                                     past.filled_offset, bound.until)
                          THEN jsonb '{"lifecycle": "closed"}' ELSE '{}' END)::json END AS item,
       o.id, o.account_id, o.instrument, o.side, o.type, o.time_in_force, o.status,
       CASE WHEN o.lifecycle = 'executed' AND held.flat_offset >= o.filled_offset
            THEN 'closed' ELSE o.lifecycle END AS lifecycle,
       o.quantity, o.filled_quantity, o.remaining_quantity, o.limit_price, o.max_notional,
       o.average_fill_price, o.filled_notional, o.fees, o.post_only, o.self_trade, o.client_order_id,
       o.trigger, o.stop_price, o.trail_amount, o.trail_percent, o.expires_at, o.stop_loss_price,
       o.take_profit_price, o.parent_id, o.sibling_id, o.close, o.end_reason, o.code, o.message,
       o.created_at, o.updated_at,
       o.place AS cursor
FROM orders.bound_of($7::text) AS bound
CROSS JOIN orders.order_items o
LEFT JOIN LATERAL orders.order_at(o.known, bound) AS past ON $7::text IS NOT NULL
LEFT JOIN accounts.positions held
       ON held.account_id = o.account_id AND held.instrument = o.instrument
WHERE o.account_id = $1::uuid
  AND ($7::text IS NULL OR past.status IS NOT NULL)
  AND ($2::text IS NULL OR CASE WHEN $7::text IS NULL THEN o.status ELSE past.status END = $2::text)
  AND ($3::text IS NULL OR o.instrument = $3::text)
  AND ($4::text IS NULL OR o.side = $4::text)
  AND ($5::timestamptz IS NULL OR o.place >= bourse.place($5::timestamptz))
  AND ($6::timestamptz IS NULL OR o.place < bourse.place($6::timestamptz))
  AND ($7::text IS NULL OR o.place < bourse.place(least(bound.until, now()) + interval '1 minute'))
  AND ($10::text IS NULL OR CASE WHEN $8::text = 'created_at' THEN o.place > $10::text
                                 ELSE o.place < $10::text END)
ORDER BY CASE WHEN $8::text = 'created_at' THEN o.place END,
         CASE WHEN $8::text IS DISTINCT FROM 'created_at' THEN o.place END DESC
LIMIT $9::int
