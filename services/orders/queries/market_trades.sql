-- Trades of an instrument, newest first, and nothing of who made them.
-- shape: list of one
-- reads: orders
-- params: symbol:text, from:text, to:text, limit:int, cursor:text
SELECT CASE WHEN trade.place IS NOT NULL THEN json_build_object(
           'trade_id', trade.trade_id,
           'price', bourse.decimal(trade.price),
           'quantity', bourse.decimal(trade.quantity),
           'side', trade.taker_side,
           'executed_at', bourse.time(trade.executed_at)) END AS item,
       trade.place AS cursor
FROM orders.symbols this
LEFT JOIN orders.trades trade
       ON trade.instrument = this.symbol
      AND ($2::timestamptz IS NULL OR trade.executed_at >= $2::timestamptz)
      AND ($3::timestamptz IS NULL OR trade.executed_at < $3::timestamptz)
      AND ($5::text IS NULL OR trade.place < $5::text)
WHERE this.symbol = $1::text
ORDER BY trade.place DESC
LIMIT $4::int
