-- What is offered of each certificate, best price first, and nothing that leads to an owner: no
-- ids, and a cursor that only counts. Of each instrument no more is read than is before the page's
-- end, and of those behind it nothing.
-- shape: list
-- reads: orders
-- params: asset:text, limit:int, cursor:text
SELECT json_build_object(
           'asset', certificate.base,
           'instrument', certificate.symbol,
           'currency', certificate.quote,
           'price', bourse.decimal(offer.limit_price),
           'quantity', bourse.decimal(offer.remaining_quantity),
           'age_seconds',
           greatest(0, floor(extract(epoch FROM now() - offer.created_at)))::bigint) AS item,
       certificate.base || '/' || certificate.symbol || '/' || offer.number AS cursor
FROM (SELECT s.base COLLATE "C" AS base, s.symbol, s.quote,
             CASE WHEN s.symbol = split_part($3::text, '/', 2)
                  THEN split_part($3::text, '/', 3)::bigint ELSE 0 END AS seen
      FROM orders.symbols s
      JOIN orders.assets a ON a.code = s.base AND a.kind = 'certificate'
      WHERE ($1::text IS NULL OR s.base = $1::text)
        AND ($3::text IS NULL
             OR (s.base COLLATE "C", s.symbol) >=
                (split_part($3::text, '/', 1), split_part($3::text, '/', 2)))
      ORDER BY s.base COLLATE "C", s.symbol) AS certificate
CROSS JOIN LATERAL (
    SELECT o.limit_price, o.remaining_quantity, o.created_at,
           row_number() OVER (ORDER BY o.limit_price, o.entered_offset) AS number
    FROM orders.orders o
    WHERE o.instrument = certificate.symbol
      AND o.side = 'sell'
      AND o.status IN ('open', 'partially_filled')
    ORDER BY o.limit_price, o.entered_offset
    LIMIT certificate.seen + $2::int) AS offer
WHERE offer.number > certificate.seen
ORDER BY certificate.base, certificate.symbol, offer.number
LIMIT $2::int
