-- What an order got, trade by trade, newest first.
-- shape: list of one
-- reads: orders
-- params: id:uuid, caller_account_id:uuid, any:bool, limit:int, cursor:text
SELECT fill.item AS item, fill.place AS cursor
FROM orders.orders this
LEFT JOIN orders.fills fill
       ON fill.order_id = this.id AND ($5::text IS NULL OR fill.place < $5::text)
WHERE this.id = $1::uuid
  AND (this.account_id = $2::uuid OR coalesce($3::boolean, false))
ORDER BY fill.place DESC
LIMIT $4::int
