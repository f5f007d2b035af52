-- Trades of an instrument, newest first, or oldest, and nothing of who made them.
-- shape: list of one
-- reads: orders
-- params: symbol:text, from:text, to:text, sort:word, limit:int, cursor:text
SELECT CASE WHEN trade.place IS NOT NULL THEN json_build_object(
           'trade_id', trade.trade_id,
           'price', bourse.decimal(trade.price),
           'quantity', bourse.decimal(trade.quantity),
           'side', trade.taker_side,
           'executed_at', bourse.time(trade.executed_at)) END AS item,
       trade.place AS cursor
FROM orders.symbols this
LEFT JOIN LATERAL (
    SELECT trade.*
    FROM orders.trades trade
    WHERE trade.instrument = $1::text
      AND ($2::timestamptz IS NULL OR trade.place >= bourse.place($2::timestamptz))
      AND ($3::timestamptz IS NULL OR trade.place < bourse.place($3::timestamptz))
      AND ($6::text IS NULL OR CASE WHEN $4::text = 'executed_at' THEN trade.place > $6::text
                                    ELSE trade.place < $6::text END)
    ORDER BY CASE WHEN $4::text = 'executed_at' THEN trade.place END,
             CASE WHEN $4::text IS DISTINCT FROM 'executed_at' THEN trade.place END DESC
    LIMIT $5::int) AS trade ON true
WHERE this.symbol = $1::text
ORDER BY CASE WHEN $4::text = 'executed_at' THEN trade.place END,
         CASE WHEN $4::text IS DISTINCT FROM 'executed_at' THEN trade.place END DESC
LIMIT $5::int
