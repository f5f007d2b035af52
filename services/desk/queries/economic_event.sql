-- One date of the economy.
-- shape: one
-- reads: desk
-- params: id:uuid
SELECT item, version::text AS etag
FROM desk.economic_event_items
WHERE id = $1::uuid
