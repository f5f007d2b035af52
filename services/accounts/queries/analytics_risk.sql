-- How much the caller's account swung, fell and was exposed, day by day.
-- shape: one
-- reads: accounts, orders
-- params: caller_account_id:uuid, from:text, to:text
WITH asked AS (
    SELECT * FROM accounts.days_asked($2::date, $3::date)
), daily AS (
    SELECT days.*, greatest(1, max(grown) OVER (ORDER BY day)) AS peak
    FROM asked, accounts.days($1::uuid, asked.first, asked.last) AS days
), deepest AS (
    SELECT day, 1 - grown / peak AS fall,
           (SELECT top.day FROM daily top
            WHERE top.grown = fallen.peak AND top.day <= fallen.day
            ORDER BY top.day DESC LIMIT 1) AS peak_day
    FROM daily fallen
    WHERE grown < peak
    ORDER BY grown / peak, day
    LIMIT 1
), swing AS (
    SELECT stddev_samp(growth - 1) AS daily FROM daily
)
SELECT shown.item, md5(shown.item::text) AS etag
FROM accounts.accounts account
CROSS JOIN LATERAL (
    SELECT json_build_object(
        'account_id', account.id,
        'currency', 'EUR',
        'from', asked.first,
        'to', asked.last,
        'volatility_daily', bourse.decimal(round(coalesce(swing.daily, 0), 8)),
        'volatility_annual', bourse.decimal(round(coalesce(swing.daily, 0) * sqrt(365::numeric), 8)),
        'max_drawdown', json_build_object(
            'fall', bourse.decimal(round(coalesce(deepest.fall, 0), 8)),
            'peak_date', deepest.peak_day,
            'trough_date', deepest.day),
        'days', (SELECT coalesce(json_agg(json_build_object(
                            'date', day,
                            'value', bourse.decimal(cash + assets),
                            'exposure', bourse.decimal(assets),
                            'exposure_share', bourse.decimal(
                                round(coalesce(assets / nullif(cash + assets, 0), 0), 8)),
                            'return', bourse.decimal(round(growth - 1, 8)),
                            'drawdown', bourse.decimal(round(1 - grown / peak, 8)),
                            'links', json_build_object('pnl', '/api/v1/drilldowns/pnl/' || day))
                            ORDER BY day), '[]'::json)
                 FROM daily)) AS item
    FROM asked
    CROSS JOIN swing
    LEFT JOIN deepest ON true) AS shown
WHERE account.id = $1::uuid
