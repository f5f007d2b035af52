-- The limits in force for the caller's account, and what of them is used: what its buys of the day
-- were authorised for, its open orders, and how much of what it has is in each instrument, at its
-- mark or else its last price.
-- shape: one
-- reads: accounts, orders, settings
-- params: caller_account_id:uuid
WITH holdings AS (
    SELECT symbols.symbol, symbols.quote,
           balance.total * coalesce(symbols.mark_price, market_data.last_price) AS worth
    FROM accounts.balances balance
    JOIN orders.symbols ON symbols.base = balance.asset
    LEFT JOIN orders.market_data ON market_data.instrument = symbols.symbol
    WHERE balance.account_id = $1::uuid AND balance.total > 0),
worths AS (
    SELECT holdings.quote,
           sum(holdings.worth) + coalesce(max(cash.total), 0) AS worth
    FROM holdings
    LEFT JOIN accounts.balances cash
           ON cash.account_id = $1::uuid AND cash.asset = holdings.quote
    GROUP BY holdings.quote)
SELECT json_build_object(
           'account_id', account.id,
           'limits', json_build_object(
               'max_order_notional', coalesce(own.limits->>'max_order_notional',
                                              venue.limits->>'max_order_notional'),
               'max_daily_notional', coalesce(own.limits->>'max_daily_notional',
                                              venue.limits->>'max_daily_notional'),
               'max_concentration_percent', coalesce(own.limits->>'max_concentration_percent',
                                                     venue.limits->>'max_concentration_percent'),
               'max_open_orders', coalesce(own.limits->>'max_open_orders',
                                           venue.limits->>'max_open_orders')::bigint),
           'used', json_build_object(
               'daily_notional', (
                   SELECT coalesce(json_object_agg(bought.asset, bourse.decimal(bought.notional)
                                                   ORDER BY bought.asset), '{}'::json)
                   FROM accounts.daily_notionals bought
                   WHERE bought.account_id = account.id AND bought.day = today.start),
               'concentration_percent', (
                   SELECT coalesce(json_object_agg(holdings.symbol, bourse.decimal(
                                       round(100 * holdings.worth / nullif(worths.worth, 0), 8))
                                       ORDER BY holdings.symbol), '{}'::json)
                   FROM holdings
                   JOIN worths ON worths.quote = holdings.quote
                   WHERE holdings.worth IS NOT NULL),
               'open_orders', (
                   SELECT count(*)
                   FROM orders.orders
                   WHERE orders.account_id = account.id
                     AND orders.status IN ('pending', 'open', 'partially_filled'))),
           'resets_at', bourse.time(today.start + interval '1 day')) AS item
FROM accounts.accounts account
CROSS JOIN (SELECT date_trunc('day', now(), 'UTC') AS start) AS today
LEFT JOIN accounts.risk_limits own ON own.account_id = account.id
LEFT JOIN settings.venue_rules venue ON venue.name = 'venue'
WHERE account.id = $1::uuid
