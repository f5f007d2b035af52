-- Market makers' orders, newest first.
-- shape: list
-- reads: orders, accounts
-- params: market_maker_id:uuid, asset:text, status:text, limit:int, cursor:text
SELECT o.item::jsonb || jsonb_build_object('market_maker_id', o.account_id, 'asset', s.base) AS item,
       o.place AS cursor
FROM orders.order_items o
JOIN accounts.market_maker_clients m ON m.id = o.account_id
LEFT JOIN orders.symbols s ON s.symbol = o.instrument
WHERE ($1::uuid IS NULL OR o.account_id = $1::uuid)
  AND ($2::text IS NULL OR s.base = $2::text)
  AND ($3::text IS NULL OR o.status = $3::text)
  AND ($5::text IS NULL OR o.place < $5::text)
ORDER BY o.place DESC
LIMIT $4::int
