-- The caller's own fills, newest first.
-- shape: list
-- reads: orders
-- params: caller_account_id:uuid, instrument:text, side:text, from:text, to:text, limit:int, cursor:text
SELECT item, place AS cursor
FROM orders.fills
WHERE account_id = $1::uuid
  AND ($2::text IS NULL OR instrument = $2::text)
  AND ($3::text IS NULL OR side = $3::text)
  AND ($4::timestamptz IS NULL OR executed_at >= $4::timestamptz)
  AND ($5::timestamptz IS NULL OR executed_at < $5::timestamptz)
  AND ($7::text IS NULL OR place < $7::text)
ORDER BY place DESC
LIMIT $6::int
