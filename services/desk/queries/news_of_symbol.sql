-- Articles about a symbol, newest first, without their text; none about what nobody has written of.
-- shape: list of one
-- reads: desk
-- params: symbol:text, from:text, to:text, limit:int, cursor:text
SELECT headline AS item, place AS cursor
FROM (VALUES ($1::text)) AS asked (symbol)
LEFT JOIN LATERAL (
    SELECT headline, place
    FROM desk.news_items
    WHERE symbols @> ARRAY[asked.symbol]
      AND ($2::timestamptz IS NULL OR place >= bourse.place($2::timestamptz))
      AND ($3::timestamptz IS NULL OR place < bourse.place($3::timestamptz))
      AND ($5::text IS NULL OR place < $5::text)
    ORDER BY place DESC
    LIMIT $4::int) AS articles ON true
ORDER BY place DESC
