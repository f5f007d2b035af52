-- What the caller's account was worth day by day, and how it grew without what came and went.
-- shape: one
-- reads: accounts, orders
-- params: caller_account_id:uuid, from:text, to:text
WITH asked AS (
    SELECT * FROM accounts.days_asked($2::date, $3::date)
), daily AS (
    SELECT days.* FROM asked, accounts.days($1::uuid, asked.first, asked.last) AS days
)
SELECT shown.item, md5(shown.item::text) AS etag
FROM accounts.accounts account
CROSS JOIN LATERAL (
    SELECT json_build_object(
        'account_id', account.id,
        'currency', 'EUR',
        'from', asked.first,
        'to', asked.last,
        'time_weighted_return', bourse.decimal(round(coalesce((SELECT grown FROM daily
                                                               ORDER BY day DESC LIMIT 1),
                                                              1) - 1, 8)),
        'days', (SELECT coalesce(json_agg(json_build_object(
                            'date', day,
                            'value_before', bourse.decimal(before),
                            'value', bourse.decimal(cash + assets),
                            'flow', bourse.decimal(flow),
                            'pnl', bourse.decimal(cash + assets - before - flow),
                            'return', bourse.decimal(round(growth - 1, 8)),
                            'return_since', bourse.decimal(round(grown - 1, 8)),
                            'links', json_build_object('pnl', '/api/v1/drilldowns/pnl/' || day))
                            ORDER BY day), '[]'::json)
                 FROM daily)) AS item
    FROM asked) AS shown
WHERE account.id = $1::uuid
