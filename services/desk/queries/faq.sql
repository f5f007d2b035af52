-- Questions with their answers, by category from the top.
-- shape: list
-- reads: desk
-- params: category:text, q:text, limit:int, cursor:text
SELECT item, place AS cursor
FROM desk.faq_shown
WHERE ($1::text IS NULL OR category = $1::text)
  AND ($2::text IS NULL OR words @@ websearch_to_tsquery('english', $2::text))
  AND ($4::text IS NULL OR place > $4::text)
ORDER BY place
LIMIT $3::int
