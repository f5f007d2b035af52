-- What was said in a conversation with support, newest first, or oldest.
-- shape: list of one
-- reads: desk
-- params: id:uuid, sort:word, limit:int, cursor:text
SELECT message.item AS item, message.number::text AS cursor
FROM desk.support_tickets ticket
LEFT JOIN desk.support_message_items message
       ON message.ticket_id = ticket.id
      AND ($4::text IS NULL OR CASE WHEN $2::text = 'created_at' THEN message.number > $4::int
                                    ELSE message.number < $4::int END)
WHERE ticket.id = $1::uuid
ORDER BY CASE WHEN $2::text = 'created_at' THEN message.number END,
         CASE WHEN $2::text IS DISTINCT FROM 'created_at' THEN message.number END DESC
LIMIT $3::int
