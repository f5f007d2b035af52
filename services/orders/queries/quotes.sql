-- Best bid and ask, last price, mid and spread of the symbols named ("CEA-EUR,EUA-EUR"), or of all.
-- shape: list
-- reads: orders
-- params: symbols:text, limit:int, cursor:text
SELECT json_build_object(
           'symbol', s.symbol,
           'bid', bourse.decimal(best.bid),
           'ask', bourse.decimal(best.ask),
           'last', bourse.decimal(m.last_price),
           'mid', bourse.decimal((best.bid + best.ask) / 2),
           'spread', bourse.decimal(best.ask - best.bid)) AS item,
       s.symbol AS cursor
FROM orders.symbols s
LEFT JOIN orders.market_data m ON m.instrument = s.symbol
JOIN orders.best_prices best ON best.symbol = s.symbol
WHERE ($1::text IS NULL OR s.symbol = ANY (string_to_array($1::text, ',')))
  AND ($3::text IS NULL OR s.symbol > $3::text)
ORDER BY s.symbol
LIMIT $2::int
