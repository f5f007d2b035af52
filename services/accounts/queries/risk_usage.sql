-- The limits in force for the caller's account, and what of them is used: what its buys of the day
-- were authorised for, its open orders, and how much of what it has is in each instrument, at its
-- mark or else its last price. Now, or as of then: the limits as risk_limits_as_of.sql has them, the
-- prices as positions.sql.
-- shape: one
-- reads: accounts, orders, settings
-- params: caller_account_id:uuid, as_of:text
WITH past AS (
    SELECT bound, bound.until, least(bound.until, now()) AS at
    FROM accounts.bound_of($1::uuid, $2::text) AS bound),
held AS (
    SELECT balance.asset, balance.total
    FROM accounts.balances balance
    WHERE $2::text IS NULL AND balance.account_id = $1::uuid
    UNION ALL
    SELECT was.asset, was.available + was.locked
    FROM past, accounts.balances_at($1::uuid, past.bound) AS was
    WHERE $2::text IS NOT NULL),
bought AS (
    SELECT known.asset, known.notional
    FROM accounts.daily_notionals known
    WHERE $2::text IS NULL AND known.account_id = $1::uuid
      AND known.day = date_trunc('day', now(), 'UTC')
    UNION ALL
    SELECT was.asset, was.notional
    FROM past, accounts.bought_at($1::uuid, past.bound) AS was
    WHERE $2::text IS NOT NULL),
holdings AS (
    SELECT symbols.symbol, symbols.quote,
           held.total * CASE WHEN $2::text IS NULL
                             THEN coalesce(symbols.mark_price, market_data.last_price)
                             ELSE accounts.mark_at(symbols.symbol, past.until) END AS worth
    FROM past
    CROSS JOIN held
    JOIN orders.symbols ON symbols.base = held.asset
    LEFT JOIN orders.market_data ON market_data.instrument = symbols.symbol
    WHERE held.total > 0),
worths AS (
    SELECT holdings.quote,
           sum(holdings.worth) + coalesce(max(cash.total), 0) AS worth
    FROM holdings
    LEFT JOIN held cash ON cash.asset = holdings.quote
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
                   FROM bought),
               'concentration_percent', (
                   SELECT coalesce(json_object_agg(holdings.symbol, bourse.decimal(
                                       round(100 * holdings.worth / nullif(worths.worth, 0), 8))
                                       ORDER BY holdings.symbol), '{}'::json)
                   FROM holdings
                   JOIN worths ON worths.quote = holdings.quote
                   WHERE holdings.worth IS NOT NULL),
               'open_orders', CASE WHEN $2::text IS NULL THEN (
                   SELECT count(*)
                   FROM orders.orders
                   WHERE orders.account_id = account.id
                     AND orders.status IN ('pending', 'open', 'partially_filled'))
                   ELSE orders.open_at(account.id, ROW(past.until, NULL, NULL)::orders.bound) END),
           'resets_at', bourse.time(date_trunc('day', past.at, 'UTC') + interval '1 day')) AS item
FROM accounts.accounts account
CROSS JOIN past
LEFT JOIN accounts.risk_limits mine ON mine.account_id = account.id
LEFT JOIN settings.venue_rules rules ON rules.name = 'venue'
LEFT JOIN LATERAL accounts.limits_at(account.id, past.bound) AS was ON $2::text IS NOT NULL
CROSS JOIN LATERAL (
    SELECT CASE WHEN $2::text IS NULL THEN mine.limits ELSE was.own END AS limits) AS own
CROSS JOIN LATERAL (
    SELECT CASE WHEN $2::text IS NULL THEN rules.limits ELSE was.venue END AS limits) AS venue
WHERE account.id = $1::uuid
