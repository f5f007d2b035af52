-- The caller's own conversations with support, newest first.
-- shape: list
-- reads: desk
-- params: caller_user_id:uuid, status:text, limit:int, cursor:text
SELECT item, place AS cursor
FROM desk.support_ticket_items
WHERE user_id = $1::uuid
  AND ($2::text IS NULL OR status = $2::text)
  AND ($4::text IS NULL OR place < $4::text)
ORDER BY place DESC
LIMIT $3::int
