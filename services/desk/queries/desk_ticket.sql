-- One conversation with support as the desk sees it, with what was said last.
-- shape: one
-- etag: part
-- reads: desk
-- params: id:uuid
SELECT item || beside || jsonb_build_object(
           'last_messages', (SELECT coalesce(json_agg(message.item ORDER BY message.number), '[]')
                             FROM (SELECT item, number
                                   FROM desk.support_message_items
                                   WHERE ticket_id = $1::uuid
                                   ORDER BY number DESC
                                   LIMIT 20) AS message)) AS item,
       version::text AS etag
FROM desk.support_ticket_items
WHERE id = $1::uuid
