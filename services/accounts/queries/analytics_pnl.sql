-- The caller's profit in EUR by day and instrument: realised on the day, and unrealised at its end.
-- shape: one
-- reads: accounts, orders
-- params: caller_account_id:uuid, from:text, to:text
WITH asked AS (
    SELECT * FROM accounts.days_asked($2::date, $3::date)
), ends AS (
    SELECT day::date AS day,
           least((day + interval '1 day') AT TIME ZONE 'UTC' - interval '1 microsecond',
                 greatest(now(), day AT TIME ZONE 'UTC')) AS until
    FROM asked, generate_series(asked.first::timestamp - interval '1 day', asked.last::timestamp,
                                interval '1 day') AS day
), marked AS ( -- each position as it was at the end of each day
    SELECT ends.day, held.instrument, coalesce(moved.position_pnl, 0) AS realised_so_far,
           coalesce(round(moved.position_quantity * priced.price - moved.position_cost, 8), 0) AS unrealised
    FROM ends
    CROSS JOIN accounts.positions held
    JOIN orders.symbols known ON known.symbol = held.instrument AND known.quote = 'EUR'
    LEFT JOIN LATERAL (
        SELECT line.position_quantity, line.position_cost, line.position_pnl
        FROM accounts.transactions line
        WHERE line.account_id = $1::uuid AND line.asset = known.base
          AND line.occurred_at <= ends.until AND line.instrument = held.instrument
          AND line.balance_total IS NOT NULL
        ORDER BY line.occurred_at DESC, line.event_offset DESC, line.line DESC
        LIMIT 1) AS moved ON true
    CROSS JOIN LATERAL accounts.price_at(held.instrument, ends.until) AS priced
    WHERE held.account_id = $1::uuid
), gained AS (
    SELECT marked.*,
           realised_so_far - lag(realised_so_far) OVER (PARTITION BY instrument ORDER BY day)
               AS realised
    FROM marked
), charged AS (
    SELECT (fill.executed_at AT TIME ZONE 'UTC')::date AS day, sum(fill.fee) AS fees
    FROM asked, orders.fills fill
    JOIN orders.symbols known ON known.symbol = fill.instrument AND known.quote = 'EUR'
    WHERE fill.account_id = $1::uuid
      AND fill.place >= bourse.place(asked.first::timestamp AT TIME ZONE 'UTC')
      AND fill.place < bourse.place((asked.last + 1)::timestamp AT TIME ZONE 'UTC')
    GROUP BY 1
)
SELECT shown.item, md5(shown.item::text) AS etag
FROM accounts.accounts account
CROSS JOIN LATERAL (
    SELECT json_build_object(
        'account_id', account.id,
        'currency', 'EUR',
        'from', asked.first,
        'to', asked.last,
        'realised_pnl', bourse.decimal(coalesce((SELECT sum(realised) FROM gained
                                                 WHERE day >= asked.first), 0)),
        'unrealised_pnl', bourse.decimal(coalesce((SELECT sum(unrealised) FROM gained
                                                   WHERE day = asked.last), 0)),
        'fees', bourse.decimal(coalesce((SELECT sum(fees) FROM charged), 0)),
        'days', (SELECT coalesce(json_agg(json_build_object(
                            'date', ends.day,
                            'realised_pnl', bourse.decimal(coalesce(total.realised, 0)),
                            'unrealised_pnl', bourse.decimal(coalesce(total.unrealised, 0)),
                            'fees', bourse.decimal(coalesce(charged.fees, 0)),
                            'instruments', coalesce(total.instruments, '[]'::json),
                            'links', json_build_object('pnl', '/api/v1/drilldowns/pnl/' || ends.day))
                            ORDER BY ends.day), '[]'::json)
                 FROM ends
                 LEFT JOIN charged ON charged.day = ends.day
                 LEFT JOIN LATERAL (
                     SELECT sum(realised) AS realised, sum(unrealised) AS unrealised,
                            json_agg(json_build_object(
                                'instrument', instrument,
                                'realised_pnl', bourse.decimal(realised),
                                'unrealised_pnl', bourse.decimal(unrealised)) ORDER BY instrument)
                                FILTER (WHERE realised <> 0 OR unrealised <> 0) AS instruments
                     FROM gained
                     WHERE gained.day = ends.day) AS total ON true
                 WHERE ends.day >= asked.first)) AS item
    FROM asked) AS shown
WHERE account.id = $1::uuid
