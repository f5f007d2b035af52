-- What an order got, trade by trade, newest first.
-- shape: list
-- reads: orders
-- params: id:uuid, caller_account_id:uuid, any:bool, limit:int, cursor:text
SELECT item, place AS cursor
FROM orders.fills
WHERE order_id = $1::uuid
  AND (account_id = $2::uuid OR coalesce($3::boolean, false))
  AND ($5::text IS NULL OR place < $5::text)
ORDER BY place DESC
LIMIT $4::int
