-- The limits of one account, now or as they were (balances.sql), the venue's then as the account's
-- partition had adopted them.
-- shape: one
-- etag: part
-- reads: accounts, settings
-- params: id:uuid, as_of:text
SELECT shown.item, CASE WHEN $2::text IS NULL THEN coalesce(own.version, 1)::text
                        ELSE md5(shown.item::text) END AS etag
FROM accounts.accounts account
LEFT JOIN accounts.risk_limits own ON own.account_id = account.id
LEFT JOIN settings.venue_rules venue ON venue.name = 'venue'
CROSS JOIN LATERAL accounts.bound_of(account.id, $2::text) AS bound
LEFT JOIN LATERAL accounts.limits_at(account.id, bound) AS past ON $2::text IS NOT NULL
CROSS JOIN LATERAL (
    SELECT CASE WHEN $2::text IS NULL
                THEN accounts.limits_item(account.id, own.limits, venue.limits, own.updated_at)
                ELSE accounts.limits_item(account.id, past.own, past.venue, past.updated_at) END AS item)
    AS shown
WHERE account.id = $1::uuid
