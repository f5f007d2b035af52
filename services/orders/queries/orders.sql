-- The caller's own orders, newest first, or oldest; those that there are, or were, as they were then
-- (order_at). An executed one is closed once the position that it changed has been flat (accounts'
-- flat_offset).
-- shape: list
-- reads: orders, accounts
-- params: caller_account_id:uuid, status:text, instrument:text, side:text, from:text, to:text, as_of:text, sort:word, limit:int, cursor:text
SELECT CASE WHEN $7::text IS NULL AND (o.lifecycle <> 'executed' OR held.flat_offset IS NULL
                                       OR held.flat_offset < o.filled_offset)
            THEN o.item
            ELSE (o.item::jsonb || coalesce(past.was, '{}')
                  || CASE WHEN coalesce(past.lifecycle, o.lifecycle) = 'executed'
                               AND held.flat_offset >= coalesce(past.filled_offset, o.filled_offset)
                               AND ($7::text IS NULL
                                    OR accounts.was_flat(o.account_id, o.instrument, o.partition,
                                                         past.filled_offset, bound.until))
                          THEN jsonb '{"lifecycle": "closed"}' ELSE '{}' END)::json END AS item,
       o.place AS cursor
FROM orders.bound_of($7::text) AS bound
CROSS JOIN orders.order_items o
LEFT JOIN LATERAL orders.order_at(o.known, bound) AS past ON $7::text IS NOT NULL
LEFT JOIN accounts.positions held
       ON held.account_id = o.account_id AND held.instrument = o.instrument
WHERE o.account_id = $1::uuid
  AND ($7::text IS NULL OR past.status IS NOT NULL)
  AND ($2::text IS NULL OR CASE WHEN $7::text IS NULL THEN o.status ELSE past.status END = $2::text)
  AND ($3::text IS NULL OR o.instrument = $3::text)
  AND ($4::text IS NULL OR o.side = $4::text)
  AND ($5::timestamptz IS NULL OR o.place >= bourse.place($5::timestamptz))
  AND ($6::timestamptz IS NULL OR o.place < bourse.place($6::timestamptz))
  AND ($7::text IS NULL OR o.place < bourse.place(least(bound.until, now()) + interval '1 minute'))
  AND ($10::text IS NULL OR CASE WHEN $8::text = 'created_at' THEN o.place > $10::text
                                 ELSE o.place < $10::text END)
ORDER BY CASE WHEN $8::text = 'created_at' THEN o.place END,
         CASE WHEN $8::text IS DISTINCT FROM 'created_at' THEN o.place END DESC
LIMIT $9::int
