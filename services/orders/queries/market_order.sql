-- One order of a market maker, with its fills.
-- shape: one
-- reads: orders, accounts
-- params: id:uuid
SELECT o.item::jsonb || jsonb_build_object(
           'market_maker_id', o.account_id,
           'asset', s.base,
           'lifecycle', CASE WHEN o.lifecycle = 'executed' THEN 'closed' ELSE o.lifecycle END,
           'fills', coalesce((SELECT jsonb_agg(f.item ORDER BY f.place)
                              FROM orders.fills f
                              WHERE f.order_id = o.id AND f.account_id = o.account_id), '[]')) AS item,
       o.version::text AS etag
FROM orders.order_items o
JOIN accounts.market_maker_clients m ON m.id = o.account_id
LEFT JOIN orders.symbols s ON s.symbol = o.instrument
WHERE o.id = $1::uuid
