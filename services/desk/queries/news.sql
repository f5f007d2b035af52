-- Articles, newest first, without their text.
-- shape: list
-- reads: desk
-- params: category:text, symbol:text, q:text, from:text, to:text, limit:int, cursor:text
SELECT headline AS item, place AS cursor
FROM desk.news_items
WHERE ($1::text IS NULL OR category = $1::text)
  AND ($2::text IS NULL OR symbols @> ARRAY[$2::text])
  AND ($3::text IS NULL OR words @@ websearch_to_tsquery('english', $3::text))
  AND ($4::timestamptz IS NULL OR published_at >= $4::timestamptz)
  AND ($5::timestamptz IS NULL OR published_at < $5::timestamptz)
  AND ($7::text IS NULL
       OR (published_at, id) <
          (timestamptz 'epoch' + split_part($7::text, '/', 1)::bigint * interval '1 microsecond',
           split_part($7::text, '/', 2)::uuid))
ORDER BY published_at DESC, id DESC
LIMIT $6::int
