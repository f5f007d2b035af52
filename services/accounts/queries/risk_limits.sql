-- The limits of one account, as a change of them is answered.
-- shape: one
-- etag: part
-- reads: accounts, settings
-- params: id:uuid
SELECT accounts.limits_item(account.id, own.limits, venue.limits, own.updated_at) AS item,
       coalesce(own.version, 1)::text AS etag
FROM accounts.accounts account
LEFT JOIN accounts.risk_limits own ON own.account_id = account.id
LEFT JOIN settings.venue_rules venue ON venue.name = 'venue'
WHERE account.id = $1::uuid
