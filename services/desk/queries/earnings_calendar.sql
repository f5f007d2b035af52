-- When companies report, soonest first from today on, or latest.
-- shape: list
-- reads: desk
-- params: symbol:text, q:text, from:text, to:text, sort:word, limit:int, cursor:text
SELECT item, place AS cursor
FROM desk.earnings_items
WHERE ($1::text IS NULL OR symbol = $1::text)
  AND ($2::text IS NULL OR words @@ websearch_to_tsquery('simple', $2::text))
  AND ($3::timestamptz IS NULL AND $5::text = '-scheduled_at'
       OR place >= bourse.place(coalesce($3::timestamptz, date_trunc('day', now(), 'UTC'))))
  AND ($4::timestamptz IS NULL OR place < bourse.place($4::timestamptz))
  AND ($7::text IS NULL OR CASE WHEN $5::text = '-scheduled_at' THEN place < $7::text
                                ELSE place > $7::text END)
ORDER BY CASE WHEN $5::text = '-scheduled_at' THEN place END DESC,
         CASE WHEN $5::text IS DISTINCT FROM '-scheduled_at' THEN place END
LIMIT $6::int
