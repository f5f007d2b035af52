-- Tickets, newest first.
-- shape: list
-- reads: audit
-- params: action:text, outcome:word, actor_id:uuid, market_maker_id:uuid, entity_type:text, entity_id:text, q:text, from:text, to:text, limit:int, cursor:text
SELECT item, seq::text AS cursor
FROM audit.ticket_items t
WHERE ($1::text IS NULL OR t.action = $1::text)
  AND ($2::text IS NULL OR t.outcome = $2::text)
  AND ($3::uuid IS NULL OR t.actor_id = $3::uuid)
  AND ($4::uuid IS NULL OR t.account_id = $4::uuid)
  AND ($5::text IS NULL OR t.entity_type = $5::text)
  AND ($6::text IS NULL OR t.entity_id = $6::text)
  AND ($7::text IS NULL OR position(lower($7::text) IN t.words) > 0)
  AND ($8::timestamptz IS NULL OR t.occurred_at >= $8::timestamptz)
  AND ($9::timestamptz IS NULL OR t.occurred_at < $9::timestamptz)
  AND ($11::text IS NULL OR t.seq < $11::bigint)
ORDER BY t.seq DESC
LIMIT $10::int
