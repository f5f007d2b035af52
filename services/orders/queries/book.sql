-- An instrument's price levels, best first, as of the book's event `sequence`.
-- shape: one
-- reads: orders
-- params: symbol:text, depth:int
SELECT json_build_object(
           'symbol', s.symbol,
           'sequence', m.sequence,
           'bids', (SELECT coalesce(json_agg(json_build_object(
                               'price', bourse.decimal(l.price),
                               'quantity', bourse.decimal(l.quantity),
                               'orders', l.orders) ORDER BY l.price DESC), '[]')
                    FROM (SELECT limit_price AS price, sum(remaining_quantity) AS quantity,
                                 count(*) AS orders
                          FROM orders.orders
                          WHERE instrument = s.symbol AND side = 'buy'
                            AND status IN ('open', 'partially_filled')
                          GROUP BY limit_price
                          ORDER BY limit_price DESC
                          LIMIT least(coalesce($2::int, 20), 200)) l),
           'asks', (SELECT coalesce(json_agg(json_build_object(
                               'price', bourse.decimal(l.price),
                               'quantity', bourse.decimal(l.quantity),
                               'orders', l.orders) ORDER BY l.price), '[]')
                    FROM (SELECT limit_price AS price, sum(remaining_quantity) AS quantity,
                                 count(*) AS orders
                          FROM orders.orders
                          WHERE instrument = s.symbol AND side = 'sell'
                            AND status IN ('open', 'partially_filled')
                          GROUP BY limit_price
                          ORDER BY limit_price
                          LIMIT least(coalesce($2::int, 20), 200)) l)) AS item,
       m.sequence::text AS etag
FROM orders.symbols s
LEFT JOIN orders.market_data m ON m.instrument = s.symbol
WHERE s.symbol = $1::text
