-- What the caller's account stands to lose: what it is exposed to, how much of it is in one
-- instrument, what its orders hold, and how it swung in the last 30 days. Notionals are of instruments
-- quoted in EUR.
-- shape: one
-- reads: accounts, orders
-- params: caller_account_id:uuid
WITH worth AS (
    SELECT * FROM accounts.worth_at($1::uuid, now(), 9223372036854775807)
), exposed AS (
    SELECT balance.asset, known.symbol, balance.total,
           round(balance.total * marked.price, 8) AS value
    FROM accounts.balances balance
    JOIN orders.symbols known ON known.base = balance.asset AND known.quote = 'EUR'
    CROSS JOIN LATERAL accounts.price_at(known.symbol, now()) AS marked
    WHERE balance.account_id = $1::uuid AND balance.total > 0
), daily AS (
    SELECT days.*, greatest(1, max(grown) OVER (ORDER BY day)) AS peak
    FROM accounts.days($1::uuid, (now() AT TIME ZONE 'UTC')::date - 29,
                       (now() AT TIME ZONE 'UTC')::date) AS days
), open AS (
    SELECT side, count(*) AS orders,
           sum(round(limit_price * remaining_quantity, 8)) FILTER (WHERE known.quote = 'EUR') AS notional
    FROM orders.orders
    LEFT JOIN orders.symbols known ON known.symbol = instrument
    WHERE account_id = $1::uuid AND orders.status IN ('pending', 'open', 'partially_filled')
    GROUP BY side
)
SELECT shown.item, md5(shown.item::text) AS etag, accounts.prices_of(account.id) AS depends
FROM accounts.accounts account
CROSS JOIN LATERAL (
    SELECT json_build_object(
        'account_id', account.id,
        'currency', 'EUR',
        'value', bourse.decimal(worth.cash + worth.assets),
        'exposure', bourse.decimal(worth.assets),
        'exposure_share', bourse.decimal(
            round(coalesce(worth.assets / nullif(worth.cash + worth.assets, 0), 0), 8)),
        'largest_share', bourse.decimal(
            round(coalesce((SELECT max(value) FROM exposed)
                           / nullif(worth.cash + worth.assets, 0), 0), 8)),
        'instruments', (SELECT coalesce(json_agg(json_build_object(
                                   'instrument', symbol,
                                   'quantity', bourse.decimal(total),
                                   'value', bourse.decimal(value),
                                   'share', bourse.decimal(
                                       round(value / nullif(worth.cash + worth.assets, 0), 8)),
                                   'links', json_build_object(
                                       'instrument', '/api/v1/drilldowns/instruments/' || symbol))
                                   ORDER BY value DESC NULLS LAST, symbol), '[]'::json)
                        FROM exposed),
        'locked', (SELECT coalesce(json_object_agg(asset, bourse.decimal(locked) ORDER BY asset)
                                   FILTER (WHERE locked > 0), '{}'::json)
                   FROM accounts.balances WHERE account_id = account.id),
        'open_orders', json_build_object(
            'buy', coalesce((SELECT orders FROM open WHERE side = 'buy'), 0),
            'sell', coalesce((SELECT orders FROM open WHERE side = 'sell'), 0),
            'buy_notional', bourse.decimal(coalesce((SELECT notional FROM open
                                                     WHERE side = 'buy'), 0)),
            'sell_notional', bourse.decimal(coalesce((SELECT notional FROM open
                                                      WHERE side = 'sell'), 0))),
        'volatility_daily', bourse.decimal(round(coalesce((SELECT stddev_samp(growth - 1)
                                                           FROM daily), 0), 8)),
        'max_drawdown', bourse.decimal(round((SELECT max(1 - grown / peak) FROM daily), 8)),
        'links', json_build_object('risk', '/api/v1/analytics/risk',
                                   'limits', '/api/v1/risk/limits')) AS item
    FROM worth) AS shown
WHERE account.id = $1::uuid
