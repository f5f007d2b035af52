-- The limits of one account: its own, where null means the venue's, and those in force.
-- shape: one
-- etag: part
-- reads: accounts, settings
-- params: id:uuid
SELECT json_build_object(
           'account_id', account.id,
           'max_order_notional', own.limits->'max_order_notional',
           'max_daily_notional', own.limits->'max_daily_notional',
           'max_concentration_percent', own.limits->'max_concentration_percent',
           'max_open_orders', own.limits->'max_open_orders',
           'in_force', json_build_object(
               'max_order_notional', coalesce(own.limits->>'max_order_notional',
                                              venue.limits->>'max_order_notional'),
               'max_daily_notional', coalesce(own.limits->>'max_daily_notional',
                                              venue.limits->>'max_daily_notional'),
               'max_concentration_percent', coalesce(own.limits->>'max_concentration_percent',
                                                     venue.limits->>'max_concentration_percent'),
               'max_open_orders', coalesce(own.limits->>'max_open_orders',
                                           venue.limits->>'max_open_orders')::bigint),
           'updated_at', bourse.time(own.updated_at)) AS item,
       coalesce(own.version, 1)::text AS etag
FROM accounts.accounts account
LEFT JOIN accounts.risk_limits own ON own.account_id = account.id
LEFT JOIN settings.venue_rules venue ON venue.name = 'venue'
WHERE account.id = $1::uuid
