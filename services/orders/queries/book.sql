-- An instrument's price levels, best first, as of the book's event `sequence`. The checksum is that
-- of the ten best bids and then the ten best asks, however many are shown.
-- shape: one
-- reads: orders
-- params: symbol:text, depth:int
WITH shown AS (
    SELECT least(coalesce($2::int, 20), 200) AS depth
), bids AS (
    SELECT row_number() OVER (ORDER BY price DESC) AS place, bourse.decimal(price) AS price,
           bourse.decimal(quantity) AS quantity, orders
    FROM (SELECT limit_price AS price, sum(remaining_quantity) AS quantity, count(*) AS orders
          FROM orders.orders
          WHERE instrument = $1::text AND side = 'buy' AND status IN ('open', 'partially_filled')
          GROUP BY limit_price
          ORDER BY limit_price DESC
          LIMIT greatest((SELECT depth FROM shown), 10)) AS levels
), asks AS (
    SELECT row_number() OVER (ORDER BY price) AS place, bourse.decimal(price) AS price,
           bourse.decimal(quantity) AS quantity, orders
    FROM (SELECT limit_price AS price, sum(remaining_quantity) AS quantity, count(*) AS orders
          FROM orders.orders
          WHERE instrument = $1::text AND side = 'sell' AND status IN ('open', 'partially_filled')
          GROUP BY limit_price
          ORDER BY limit_price
          LIMIT greatest((SELECT depth FROM shown), 10)) AS levels
)
SELECT json_build_object(
           'symbol', s.symbol,
           'sequence', m.sequence,
           'checksum', bourse.crc32(concat_ws('|',
               (SELECT string_agg(price || ':' || quantity, '|' ORDER BY place)
                FROM bids WHERE place <= 10),
               (SELECT string_agg(price || ':' || quantity, '|' ORDER BY place)
                FROM asks WHERE place <= 10))),
           'bids', (SELECT coalesce(json_agg(json_build_object('price', price, 'quantity', quantity,
                                                               'orders', orders) ORDER BY place),
                                    '[]')
                    FROM bids, shown WHERE place <= depth),
           'asks', (SELECT coalesce(json_agg(json_build_object('price', price, 'quantity', quantity,
                                                               'orders', orders) ORDER BY place),
                                    '[]')
                    FROM asks, shown WHERE place <= depth)) AS item,
       m.sequence::text AS etag, 'book ' || s.symbol AS depends
FROM orders.symbols s
LEFT JOIN orders.market_data m ON m.instrument = s.symbol
WHERE s.symbol = $1::text
