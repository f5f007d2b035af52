-- Every posting of the caller's account with the balance behind it, newest first, or oldest. An index
-- has each of its assets in that order, so a page is made of a page of each.
-- shape: list
-- reads: accounts
-- params: caller_account_id:uuid, asset:text, kind:text, from:text, to:text, sort:text, limit:int, cursor:text
SELECT accounts.transaction_item(moved) AS item, accounts.transaction_place(moved) AS cursor
FROM accounts.balances held
CROSS JOIN LATERAL (
    SELECT line.*
    FROM accounts.transactions line
    WHERE line.account_id = $1::uuid AND line.asset = held.asset AND line.balance_total IS NOT NULL
      AND ($3::text IS NULL OR line.kind = $3::text)
      AND ($4::timestamptz IS NULL OR line.occurred_at >= $4::timestamptz)
      AND ($5::timestamptz IS NULL OR line.occurred_at < $5::timestamptz)
      AND ($8::text IS NULL
           OR CASE WHEN $6::text = 'occurred_at'
              THEN (line.occurred_at, line.event_offset, line.line) >
                   (timestamptz 'epoch' + split_part($8::text, '/', 1)::bigint * interval '1 microsecond',
                    split_part($8::text, '/', 2)::bigint, split_part($8::text, '/', 3)::int)
              ELSE (line.occurred_at, line.event_offset, line.line) <
                   (timestamptz 'epoch' + split_part($8::text, '/', 1)::bigint * interval '1 microsecond',
                    split_part($8::text, '/', 2)::bigint, split_part($8::text, '/', 3)::int)
              END)
    ORDER BY CASE WHEN $6::text = 'occurred_at' THEN line.occurred_at END,
             CASE WHEN $6::text = 'occurred_at' THEN line.event_offset END,
             CASE WHEN $6::text = 'occurred_at' THEN line.line END,
             CASE WHEN $6::text IS DISTINCT FROM 'occurred_at' THEN line.occurred_at END DESC,
             CASE WHEN $6::text IS DISTINCT FROM 'occurred_at' THEN line.event_offset END DESC,
             CASE WHEN $6::text IS DISTINCT FROM 'occurred_at' THEN line.line END DESC
    LIMIT $7::int) AS moved
WHERE held.account_id = $1::uuid AND ($2::text IS NULL OR held.asset = $2::text)
ORDER BY CASE WHEN $6::text = 'occurred_at' THEN moved.occurred_at END,
         CASE WHEN $6::text = 'occurred_at' THEN moved.event_offset END,
         CASE WHEN $6::text = 'occurred_at' THEN moved.line END,
         CASE WHEN $6::text IS DISTINCT FROM 'occurred_at' THEN moved.occurred_at END DESC,
         CASE WHEN $6::text IS DISTINCT FROM 'occurred_at' THEN moved.event_offset END DESC,
         CASE WHEN $6::text IS DISTINCT FROM 'occurred_at' THEN moved.line END DESC
LIMIT $7::int
