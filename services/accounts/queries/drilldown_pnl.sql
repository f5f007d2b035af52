-- What a day's profit of the caller's account came of: the settlements that moved its positions, and what
-- came in and went out. Each settlement's profit is in its instrument's quote; the sum is of those in EUR.
-- shape: one
-- reads: accounts, orders
-- params: date:text, caller_account_id:uuid
WITH bound AS (
    SELECT $1::date::timestamp AT TIME ZONE 'UTC' AS first,
           ($1::date + 1)::timestamp AT TIME ZONE 'UTC' AS until
), today AS (
    SELECT days.* FROM accounts.days($2::uuid, $1::date, $1::date) AS days
), moved AS ( -- what moved it, newest first: one line for each order of an event
    SELECT settled.*, by.realised, known.quote
    FROM bound, accounts.positions held
    JOIN orders.symbols known ON known.symbol = held.instrument
    JOIN accounts.transactions settled
      ON settled.account_id = $2::uuid AND settled.asset = known.base
     AND settled.balance_total IS NOT NULL AND settled.instrument = known.symbol
    CROSS JOIN LATERAL accounts.realised_by(settled) AS by
    WHERE held.account_id = $2::uuid
      AND settled.occurred_at >= bound.first AND settled.occurred_at < bound.until
), once AS ( -- the profit is the event's, also where several orders had a part in it
    SELECT DISTINCT instrument, partition, event_offset, realised FROM moved WHERE quote = 'EUR'
)
SELECT shown.item, md5(shown.item::text) AS etag
FROM accounts.accounts account
CROSS JOIN LATERAL (
    SELECT json_build_object(
        'date', today.day,
        'currency', 'EUR',
        'value_before', bourse.decimal(today.before),
        'value', bourse.decimal(today.cash + today.assets),
        'flow', bourse.decimal(today.flow),
        'pnl', bourse.decimal(today.cash + today.assets - today.before - today.flow),
        'return', bourse.decimal(round(today.growth - 1, 8)),
        'realised_pnl', bourse.decimal(coalesce((SELECT sum(realised) FROM once), 0)),
        'settlements', (SELECT coalesce(json_agg(json_build_object(
                                   'position', 'accounts/' || partition || '/' || event_offset,
                                   'instrument', instrument,
                                   'order_id', reference_id,
                                   'quantity', bourse.decimal(amount),
                                   'realised_pnl', bourse.decimal(realised),
                                   'occurred_at', bourse.time(occurred_at),
                                   'links', json_build_object(
                                       'order', '/api/v1/drilldowns/orders/' || reference_id,
                                       'position', '/api/v1/drilldowns/positions/' || instrument))
                                   ORDER BY occurred_at DESC, event_offset DESC, line DESC),
                                        '[]'::json)
                        FROM (SELECT * FROM moved
                              ORDER BY occurred_at DESC, event_offset DESC, line DESC
                              LIMIT 500) AS newest),
        'flows', (SELECT coalesce(json_agg(json_build_object(
                             'position', (SELECT 'accounts/' || noted.partition
                                          FROM accounts.account_events noted
                                          WHERE noted.account_id = account.id
                                          LIMIT 1) || '/' || booked.event_offset,
                             'transaction_id', booked.id,
                             'type', booked.type,
                             'asset', booked.asset,
                             'amount', bourse.decimal(booked.amount),
                             'occurred_at', bourse.time(booked.created_at))
                             ORDER BY booked.event_offset DESC, booked.line DESC), '[]'::json)
                  FROM bound, accounts.asset_transactions booked
                  WHERE booked.account_id = account.id
                    AND booked.created_at >= bound.first AND booked.created_at < bound.until)) AS item
    FROM today) AS shown
WHERE account.id = $2::uuid
