-- Tickets of what was done, or tried, with market makers, newest first.
-- shape: list
-- reads: audit, accounts
-- params: action:text, outcome:word, actor_id:uuid, market_maker_id:uuid, q:text, from:text, to:text, limit:int, cursor:text
SELECT t.item::jsonb || jsonb_build_object('market_maker_id', t.account_id) AS item, t.seq::text AS cursor
FROM audit.ticket_items t
WHERE EXISTS (SELECT FROM accounts.market_maker_clients maker WHERE maker.id = t.account_id)
  AND ($1::text IS NULL OR t.action = $1::text)
  AND ($2::text IS NULL OR t.outcome = $2::text)
  AND ($3::uuid IS NULL OR t.actor_id = $3::uuid)
  AND ($4::uuid IS NULL OR t.account_id = $4::uuid)
  AND ($5::text IS NULL OR position(lower($5::text) IN t.words) > 0)
  AND ($6::timestamptz IS NULL OR t.occurred_at >= $6::timestamptz)
  AND ($7::timestamptz IS NULL OR t.occurred_at < $7::timestamptz)
  AND ($9::text IS NULL OR t.seq < $9::bigint)
ORDER BY t.seq DESC
LIMIT $8::int
