-- What became of the order that the caller gave this id.
-- shape: one
-- etag: part
-- reads: orders, accounts
-- params: client_order_id:text, caller_account_id:uuid
SELECT o.item::jsonb || jsonb_build_object(
           'lifecycle', CASE WHEN o.lifecycle = 'executed' AND held.flat_offset >= o.filled_offset
                             THEN 'closed' ELSE o.lifecycle END,
           'fills', coalesce((SELECT jsonb_agg(f.item ORDER BY f.place)
                              FROM orders.fills f
                              WHERE f.order_id = o.id AND f.account_id = o.account_id), '[]')) AS item,
       o.version::text AS etag
FROM orders.order_items o
LEFT JOIN accounts.positions held
       ON held.account_id = o.account_id AND held.instrument = o.instrument
WHERE o.account_id = $2::uuid AND o.client_order_id = $1::text
ORDER BY o.place
LIMIT 1
