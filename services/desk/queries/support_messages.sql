-- What was said in one of the caller's own conversations, newest first, or oldest.
-- shape: list of one
-- reads: desk
-- params: id:uuid, caller_user_id:uuid, sort:word, limit:int, cursor:text
SELECT message.item AS item, message.number::text AS cursor
FROM desk.support_tickets ticket
LEFT JOIN desk.support_message_items message
       ON message.ticket_id = ticket.id
      AND ($5::text IS NULL OR CASE WHEN $3::text = 'created_at' THEN message.number > $5::int
                                    ELSE message.number < $5::int END)
WHERE ticket.id = $1::uuid AND ticket.user_id = $2::uuid
ORDER BY CASE WHEN $3::text = 'created_at' THEN message.number END,
         CASE WHEN $3::text IS DISTINCT FROM 'created_at' THEN message.number END DESC
LIMIT $4::int
