-- One of the caller's own conversations with support.
-- shape: one
-- reads: desk
-- params: id:uuid, caller_user_id:uuid
SELECT item, version::text AS etag
FROM desk.support_ticket_items
WHERE id = $1::uuid AND user_id = $2::uuid
