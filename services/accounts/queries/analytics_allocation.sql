-- What the caller's account is made of: each asset at its price in EUR and its share of all that has
-- one, and the same by sector.
-- shape: one
-- reads: accounts, orders
-- params: caller_account_id:uuid
WITH held AS (
    SELECT balance.asset, balance.total, known.symbol,
           CASE WHEN balance.asset = 'EUR' THEN 'cash' ELSE coalesce(known.sector, 'other') END
               AS sector,
           CASE WHEN balance.asset = 'EUR' THEN 1 ELSE marked.price END AS price
    FROM accounts.balances balance
    LEFT JOIN orders.symbols known ON known.base = balance.asset AND known.quote = 'EUR'
    CROSS JOIN LATERAL accounts.price_at(known.symbol, now()) AS marked
    WHERE balance.account_id = $1::uuid AND balance.total > 0
), valued AS (
    SELECT held.*, round(total * price, 8) AS value FROM held
), whole AS (
    SELECT coalesce(sum(value), 0) AS value FROM valued
)
SELECT shown.item, md5(shown.item::text) AS etag
FROM accounts.accounts account
CROSS JOIN LATERAL (
    SELECT json_build_object(
        'account_id', account.id,
        'currency', 'EUR',
        'value', bourse.decimal(whole.value),
        'assets', (SELECT coalesce(json_agg(json_build_object(
                              'asset', asset,
                              'instrument', symbol,
                              'quantity', bourse.decimal(total),
                              'price', bourse.decimal(price),
                              'value', bourse.decimal(value),
                              'share', bourse.decimal(round(value / nullif(whole.value, 0), 8)),
                              'links', json_strip_nulls(json_build_object(
                                  'instrument', '/api/v1/drilldowns/instruments/' || symbol)))
                              ORDER BY value DESC NULLS LAST, asset), '[]'::json)
                   FROM valued),
        'sectors', (SELECT coalesce(json_agg(json_build_object(
                               'sector', sector,
                               'value', bourse.decimal(value),
                               'share', bourse.decimal(round(value / nullif(whole.value, 0), 8)))
                               ORDER BY value DESC, sector), '[]'::json)
                    FROM (SELECT sector, coalesce(sum(value), 0) AS value
                          FROM valued GROUP BY sector) AS sectors)) AS item
    FROM whole) AS shown
WHERE account.id = $1::uuid
