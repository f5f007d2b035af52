-- When one company reports.
-- shape: one
-- reads: desk
-- params: id:uuid
SELECT item, version::text AS etag
FROM desk.earnings_items
WHERE id = $1::uuid
