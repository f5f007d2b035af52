-- What the caller has: balances by asset, positions, and the worth of it all in EUR. A certificate
-- counts at its instrument's mark price, or else the last trade's; what has no price in EUR, or no
-- price yet, does not count.
-- shape: one
-- reads: accounts, orders
-- params: caller_account_id:uuid
WITH prices AS (
    SELECT symbols.symbol AS instrument, symbols.base, symbols.quote,
           coalesce(symbols.mark_price, market_data.last_price) AS mark
    FROM orders.symbols
    LEFT JOIN orders.market_data ON market_data.instrument = symbols.symbol)
SELECT shown.item, md5(shown.item::text) AS etag
FROM accounts.accounts account
CROSS JOIN LATERAL (
    SELECT json_build_object(
               'account_id', account.id,
               'balances', (
                   SELECT json_object_agg(held.asset, json_build_object(
                              'available', bourse.decimal(coalesce(balance.available, 0)),
                              'locked', bourse.decimal(coalesce(balance.locked, 0)),
                              'total', bourse.decimal(coalesce(balance.total, 0))) ORDER BY held.asset)
                   FROM (VALUES ('EUR')
                         UNION
                         SELECT asset FROM accounts.balances WHERE account_id = account.id)
                        AS held (asset)
                   LEFT JOIN accounts.balances balance
                          ON balance.account_id = account.id AND balance.asset = held.asset),
               'positions', (
                   SELECT coalesce(json_agg(accounts.position_item(held, price.mark)
                                            ORDER BY held.instrument), '[]'::json)
                   FROM accounts.positions held
                   LEFT JOIN prices price ON price.instrument = held.instrument
                   WHERE held.account_id = account.id),
               'currency', 'EUR',
               'value', bourse.decimal((
                   SELECT coalesce(round(sum(balance.total * CASE WHEN balance.asset = 'EUR' THEN 1
                                                                  ELSE price.mark END), 8), 0)
                   FROM accounts.balances balance
                   LEFT JOIN prices price ON price.base = balance.asset AND price.quote = 'EUR'
                   WHERE balance.account_id = account.id))) AS item) AS shown
WHERE account.id = $1::uuid
