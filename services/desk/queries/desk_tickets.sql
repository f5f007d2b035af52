-- Conversations with support as the desk sees them, newest first, or oldest.
-- shape: list
-- reads: desk
-- params: status:text, priority:text, category:text, assignee_id:uuid, user_id:uuid, breached:bool, q:text, from:text, to:text, sort:word, limit:int, cursor:text
SELECT item || beside AS item, place AS cursor
FROM desk.support_ticket_items
WHERE ($1::text IS NULL OR status = $1::text)
  AND ($2::text IS NULL OR priority = $2::text)
  AND ($3::text IS NULL OR category = $3::text)
  AND ($4::uuid IS NULL OR assignee_id = $4::uuid)
  AND ($5::uuid IS NULL OR user_id = $5::uuid)
  AND ($6::bool IS NULL OR breached = $6::bool)
  AND ($7::text IS NULL OR position(lower($7::text) IN lower(subject)) > 0)
  AND ($8::timestamptz IS NULL OR place >= bourse.place($8::timestamptz))
  AND ($9::timestamptz IS NULL OR place < bourse.place($9::timestamptz))
  AND ($12::text IS NULL OR CASE WHEN $10::text = 'opened_at' THEN place > $12::text
                                 ELSE place < $12::text END)
ORDER BY CASE WHEN $10::text = 'opened_at' THEN place END,
         CASE WHEN $10::text IS DISTINCT FROM 'opened_at' THEN place END DESC
LIMIT $11::int
