-- Assets by code.
-- shape: list
-- reads: orders
-- params: limit:int, cursor:text
SELECT json_build_object('code', code, 'name', name, 'kind', kind, 'scale', scale) AS item,
       code AS cursor
FROM orders.assets
WHERE $2::text IS NULL OR code > $2::text
ORDER BY code
LIMIT $1::int
