-- Trades of an instrument, newest first, and nothing of who made them.
-- shape: list
-- reads: orders
-- params: symbol:text, from:text, to:text, limit:int, cursor:text
SELECT json_build_object(
           'id', trade_id,
           'price', bourse.decimal(price),
           'quantity', bourse.decimal(quantity),
           'side', taker_side,
           'executed_at', bourse.time(executed_at)) AS item,
       place AS cursor
FROM orders.trades
WHERE instrument = $1::text
  AND ($2::timestamptz IS NULL OR executed_at >= $2::timestamptz)
  AND ($3::timestamptz IS NULL OR executed_at < $3::timestamptz)
  AND ($5::text IS NULL OR place < $5::text)
ORDER BY place DESC
LIMIT $4::int
