-- The caller's own orders, newest first, or oldest. An executed one is closed once the position that
-- it changed has been flat (accounts' flat_offset).
-- shape: list
-- reads: orders, accounts
-- params: caller_account_id:uuid, status:text, instrument:text, side:text, from:text, to:text, sort:word, limit:int, cursor:text
SELECT CASE WHEN o.lifecycle = 'executed' AND held.flat_offset >= o.filled_offset
            THEN (o.item::jsonb || '{"lifecycle": "closed"}')::json ELSE o.item END AS item,
       o.place AS cursor
FROM orders.order_items o
LEFT JOIN accounts.positions held
       ON held.account_id = o.account_id AND held.instrument = o.instrument
WHERE o.account_id = $1::uuid
  AND ($2::text IS NULL OR o.status = $2::text)
  AND ($3::text IS NULL OR o.instrument = $3::text)
  AND ($4::text IS NULL OR o.side = $4::text)
  AND ($5::timestamptz IS NULL OR o.place >= bourse.place($5::timestamptz))
  AND ($6::timestamptz IS NULL OR o.place < bourse.place($6::timestamptz))
  AND ($9::text IS NULL OR CASE WHEN $7::text = 'created_at' THEN o.place > $9::text
                                ELSE o.place < $9::text END)
ORDER BY CASE WHEN $7::text = 'created_at' THEN o.place END,
         CASE WHEN $7::text IS DISTINCT FROM 'created_at' THEN o.place END DESC
LIMIT $8::int
