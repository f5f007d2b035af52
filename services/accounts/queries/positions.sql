-- The caller's positions by instrument, at mark prices, or else those of the last trades.
-- shape: list
-- reads: accounts, orders
-- params: caller_account_id:uuid, status:text, limit:int, cursor:text
SELECT accounts.position_item(held, coalesce(symbol.mark_price, market.last_price)) AS item,
       held.instrument AS cursor
FROM accounts.positions held
LEFT JOIN orders.symbols symbol ON symbol.symbol = held.instrument
LEFT JOIN orders.market_data market ON market.instrument = held.instrument
WHERE held.account_id = $1::uuid
  AND ($2::text IS NULL OR (held.quantity > 0) = ($2::text = 'open'))
  AND ($4::text IS NULL OR held.instrument > $4::text)
ORDER BY held.instrument
LIMIT $3::int
