-- Articles, newest first, without their text.
-- shape: list
-- reads: desk
-- params: category:text, symbol:text, q:text, from:text, to:text, limit:int, cursor:text
SELECT headline AS item, place AS cursor
FROM desk.news_items
WHERE ($1::text IS NULL OR category = $1::text)
  AND ($2::text IS NULL OR symbols @> ARRAY[$2::text])
  AND ($3::text IS NULL OR words @@ websearch_to_tsquery('english', $3::text))
  AND ($4::timestamptz IS NULL OR place >= bourse.place($4::timestamptz))
  AND ($5::timestamptz IS NULL OR place < bourse.place($5::timestamptz))
  AND ($7::text IS NULL OR place < $7::text)
ORDER BY place DESC
LIMIT $6::int
