-- The caller's own fills, newest first, or oldest.
-- shape: list
-- reads: orders
-- params: caller_account_id:uuid, instrument:text, side:text, from:text, to:text, sort:word, limit:int, cursor:text
SELECT item, place AS cursor
FROM orders.fills
WHERE account_id = $1::uuid
  AND ($2::text IS NULL OR instrument = $2::text)
  AND ($3::text IS NULL OR side = $3::text)
  AND ($4::timestamptz IS NULL OR place >= bourse.place($4::timestamptz))
  AND ($5::timestamptz IS NULL OR place < bourse.place($5::timestamptz))
  AND ($8::text IS NULL OR CASE WHEN $6::text = 'executed_at' THEN place > $8::text
                                ELSE place < $8::text END)
ORDER BY CASE WHEN $6::text = 'executed_at' THEN place END,
         CASE WHEN $6::text IS DISTINCT FROM 'executed_at' THEN place END DESC
LIMIT $7::int
