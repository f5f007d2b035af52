-- The caller's positions by instrument, at mark prices, or else those of the last trades; now or as
-- they were (balances.sql).
-- shape: list
-- reads: accounts, orders
-- params: caller_account_id:uuid, status:text, as_of:text, limit:int, cursor:text
SELECT accounts.position_item(past, CASE WHEN $3::text IS NULL
                                         THEN coalesce(symbol.mark_price, market.last_price)
                                         ELSE accounts.mark_at(held.instrument,
                                                         least(bound.settled, bound.until)) END) AS item,
       held.instrument AS cursor
FROM accounts.bound_of($1::uuid, $3::text) AS bound
CROSS JOIN accounts.positions held
LEFT JOIN orders.symbols symbol ON symbol.symbol = held.instrument
LEFT JOIN orders.market_data market ON market.instrument = held.instrument
CROSS JOIN LATERAL accounts.position_at(held, symbol.base, bound) AS past
WHERE held.account_id = $1::uuid
  AND ($2::text IS NULL OR (past.quantity > 0) = ($2::text = 'open'))
  AND ($5::text IS NULL OR held.instrument > $5::text)
ORDER BY held.instrument
LIMIT $4::int
