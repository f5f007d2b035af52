-- One article.
-- shape: one
-- reads: desk
-- params: id:uuid
SELECT item, version::text AS etag
FROM desk.news_items
WHERE id = $1::uuid
