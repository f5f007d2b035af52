-- What the caller holds of one instrument, at its mark price, or else that of the last trade.
-- shape: one
-- reads: accounts, orders
-- params: instrument:text, caller_account_id:uuid
SELECT shown.item, md5(shown.item::text) AS etag
FROM accounts.positions held
LEFT JOIN orders.symbols symbol ON symbol.symbol = held.instrument
LEFT JOIN orders.market_data market ON market.instrument = held.instrument
CROSS JOIN LATERAL (
    SELECT accounts.position_item(held, coalesce(symbol.mark_price, market.last_price)) AS item)
    AS shown
WHERE held.account_id = $2::uuid AND held.instrument = $1::text
