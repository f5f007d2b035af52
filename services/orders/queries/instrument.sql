-- One instrument, with its last price and the last 24 hours.
-- shape: one
-- etag: part
-- reads: orders
-- params: symbol:text
SELECT item, version::text AS etag
FROM orders.instrument_items
WHERE symbol = $1::text
