-- One market maker.
-- shape: one
-- etag: part
-- reads: accounts
-- params: market_maker_id:uuid
SELECT item, version::text AS etag
FROM accounts.market_maker_items maker
WHERE maker.id = $1::uuid
