-- Dates of the economy, soonest first from today on, or latest.
-- shape: list
-- reads: desk
-- params: country:text, importance:text, q:text, from:text, to:text, sort:word, limit:int, cursor:text
SELECT item, place AS cursor
FROM desk.economic_event_items
WHERE ($1::text IS NULL OR country = $1::text)
  AND ($2::text IS NULL OR importance = $2::text)
  AND ($3::text IS NULL OR words @@ websearch_to_tsquery('english', $3::text))
  AND ($4::timestamptz IS NULL AND $6::text = '-scheduled_at'
       OR place >= bourse.place(coalesce($4::timestamptz, date_trunc('day', now(), 'UTC'))))
  AND ($5::timestamptz IS NULL OR place < bourse.place($5::timestamptz))
  AND ($8::text IS NULL OR CASE WHEN $6::text = '-scheduled_at' THEN place < $8::text
                                ELSE place > $8::text END)
ORDER BY CASE WHEN $6::text = '-scheduled_at' THEN place END DESC,
         CASE WHEN $6::text IS DISTINCT FROM '-scheduled_at' THEN place END
LIMIT $7::int
