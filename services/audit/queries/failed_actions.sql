-- Tickets of what was refused, newest first.
-- shape: list
-- reads: audit
-- params: action:text, actor_id:uuid, market_maker_id:uuid, q:text, from:text, to:text, limit:int, cursor:text
SELECT item, seq::text AS cursor
FROM audit.ticket_items t
WHERE t.outcome = 'failed'
  AND ($1::text IS NULL OR t.action = $1::text)
  AND ($2::uuid IS NULL OR t.actor_id = $2::uuid)
  AND ($3::uuid IS NULL OR t.account_id = $3::uuid)
  AND ($4::text IS NULL OR position(lower($4::text) IN t.words) > 0)
  AND ($5::timestamptz IS NULL OR t.occurred_at >= $5::timestamptz)
  AND ($6::timestamptz IS NULL OR t.occurred_at < $6::timestamptz)
  AND ($8::text IS NULL OR t.seq < $8::bigint)
ORDER BY t.seq DESC
LIMIT $7::int
