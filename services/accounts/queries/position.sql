-- What the caller holds of one instrument, at its mark price, or else that of the last trade; now or
-- as it was (balances.sql).
-- shape: one
-- reads: accounts, orders
-- params: instrument:text, caller_account_id:uuid, as_of:text
SELECT shown.item, md5(shown.item::text) AS etag
FROM accounts.bound_of($2::uuid, $3::text) AS bound
CROSS JOIN accounts.positions held
LEFT JOIN orders.symbols symbol ON symbol.symbol = held.instrument
LEFT JOIN orders.market_data market ON market.instrument = held.instrument
CROSS JOIN LATERAL accounts.position_at(held, symbol.base, bound) AS past
CROSS JOIN LATERAL (
    SELECT accounts.position_item(past, CASE WHEN $3::text IS NULL
                                             THEN coalesce(symbol.mark_price, market.last_price)
                                             ELSE accounts.mark_at(held.instrument,
                                                             least(bound.settled, bound.until)) END)
           AS item) AS shown
WHERE held.account_id = $2::uuid AND held.instrument = $1::text
