-- The caller's own orders, newest first.
-- shape: list
-- reads: orders
-- params: caller_account_id:uuid, status:text, instrument:text, side:text, from:text, to:text, limit:int, cursor:text
SELECT item, place AS cursor
FROM orders.order_items
WHERE account_id = $1::uuid
  AND ($2::text IS NULL OR status = $2::text)
  AND ($3::text IS NULL OR instrument = $3::text)
  AND ($4::text IS NULL OR side = $4::text)
  AND ($5::timestamptz IS NULL OR created_at >= $5::timestamptz)
  AND ($6::timestamptz IS NULL OR created_at < $6::timestamptz)
  AND ($8::text IS NULL OR place < $8::text)
ORDER BY place DESC
LIMIT $7::int
