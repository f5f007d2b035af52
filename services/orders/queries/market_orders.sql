-- Market makers' orders, newest first, or oldest. What they sold opened no position that could be
-- closed, so an executed one is.
-- shape: list
-- reads: orders, accounts
-- params: market_maker_id:uuid, asset:text, status:word, sort:word, limit:int, cursor:text, from:text, to:text
WITH page AS ( -- by its places alone: to make the items of a page of each maker would cost most
    SELECT o.id, o.place
    FROM accounts.market_maker_clients m
    CROSS JOIN LATERAL (
        SELECT found.id, found.place
        FROM orders.order_items found
        WHERE found.account_id = m.id
          AND ($2::text IS NULL
               OR found.instrument IN (SELECT symbol FROM orders.symbols WHERE base = $2::text))
          AND ($3::text IS NULL OR found.status = $3::text)
          AND ($7::timestamptz IS NULL OR found.place >= bourse.place($7::timestamptz))
          AND ($8::timestamptz IS NULL OR found.place < bourse.place($8::timestamptz))
          AND ($6::text IS NULL OR CASE WHEN $4::text = 'created_at' THEN found.place > $6::text
                                        ELSE found.place < $6::text END)
        ORDER BY CASE WHEN $4::text = 'created_at' THEN found.place END,
                 CASE WHEN $4::text IS DISTINCT FROM 'created_at' THEN found.place END DESC
        LIMIT $5::int) AS o
    WHERE $1::uuid IS NULL OR m.id = $1::uuid
    ORDER BY CASE WHEN $4::text = 'created_at' THEN o.place END,
             CASE WHEN $4::text IS DISTINCT FROM 'created_at' THEN o.place END DESC
    LIMIT $5::int
)
SELECT o.item::jsonb
           || jsonb_build_object('market_maker_id', o.account_id, 'asset', s.base)
           || CASE WHEN o.lifecycle = 'executed' THEN '{"lifecycle": "closed"}'::jsonb
                   ELSE '{}' END AS item,
       o.place AS cursor
FROM page
JOIN orders.order_items o ON o.id = page.id
LEFT JOIN orders.symbols s ON s.symbol = o.instrument
ORDER BY CASE WHEN $4::text = 'created_at' THEN o.place END,
         CASE WHEN $4::text IS DISTINCT FROM 'created_at' THEN o.place END DESC
