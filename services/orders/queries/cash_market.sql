-- What is offered of each certificate, best price first, and nothing that leads to an owner: no
-- ids, and a cursor that only counts.
-- shape: list
-- reads: orders
-- params: asset:text, limit:int, cursor:text
WITH offers AS (
    SELECT s.base, s.symbol, s.quote, o.limit_price, o.remaining_quantity, o.created_at,
           s.base || '/' || s.symbol || '/'
               || lpad((row_number() OVER (PARTITION BY s.symbol
                                           ORDER BY o.limit_price, o.entered_offset))::text,
                       10, '0') AS place
    FROM orders.orders o
    JOIN orders.symbols s ON s.symbol = o.instrument
    JOIN orders.assets a ON a.code = s.base AND a.kind = 'certificate'
    WHERE o.side = 'sell'
      AND o.status IN ('open', 'partially_filled')
      AND ($1::text IS NULL OR s.base = $1::text)
)
SELECT json_build_object(
           'asset', base,
           'instrument', symbol,
           'currency', quote,
           'price', bourse.decimal(limit_price),
           'quantity', bourse.decimal(remaining_quantity),
           'age_seconds', greatest(0, floor(extract(epoch FROM now() - created_at)))::bigint) AS item,
       place AS cursor
FROM offers
WHERE $3::text IS NULL OR place COLLATE "C" > $3::text
ORDER BY place COLLATE "C"
LIMIT $2::int
