-- Assets by code.
-- shape: list
-- reads: orders
-- params: limit:int, cursor:text
SELECT json_build_object(
           'code', code, 'name', name, 'kind', kind, 'scale', scale,
           'underlying', underlying, 'strike', bourse.decimal(strike),
           'expires_at', bourse.time(expires_at), 'right', option_right,
           'multiplier', bourse.decimal(multiplier),
           'settlement_price', bourse.decimal(settlement_price)) AS item,
       code AS cursor
FROM orders.assets
LEFT JOIN orders.option_settlements ON asset = code
WHERE $2::text IS NULL OR code > $2::text
ORDER BY code
LIMIT $1::int
