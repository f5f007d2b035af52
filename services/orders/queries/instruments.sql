-- Instruments by symbol, with their last price and the last 24 hours.
-- shape: list
-- reads: orders
-- params: status:text, limit:int, cursor:text
SELECT item, symbol AS cursor
FROM orders.instrument_items
WHERE ($1::text IS NULL OR status = $1::text)
  AND ($3::text IS NULL OR symbol > $3::text)
ORDER BY symbol
LIMIT $2::int
