-- What became of the order that the caller gave this id.
-- shape: one
-- item: columns
-- etag: part
-- reads: orders, accounts
-- params: client_order_id:text, caller_account_id:uuid
SELECT o.id, o.account_id, o.instrument, o.side, o.type, o.time_in_force, o.status,
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
       o.version::text AS etag
FROM orders.order_items o
LEFT JOIN accounts.positions held
       ON held.account_id = o.account_id AND held.instrument = o.instrument
WHERE o.account_id = $2::uuid AND o.client_order_id = $1::text
ORDER BY o.place
LIMIT 1
