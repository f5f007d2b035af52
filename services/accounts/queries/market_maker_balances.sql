-- What a market maker has, by asset, and what is due to it, now or as they were (balances.sql).
-- shape: one
-- reads: accounts
-- params: market_maker_id:uuid, as_of:text
WITH asked AS (
    SELECT substring($2::text FROM '^accounts/(\d+)/')::int AS partition,
           substring($2::text FROM '^accounts/\d+/(\d+)$')::bigint AS event_offset,
           substring($2::text FROM '^[^a].*$')::timestamptz AS until
), bound AS (
    SELECT maker.id,
           coalesce(asked.until,
                    (SELECT e.occurred_at
                     FROM accounts.events e
                     WHERE e.partition = asked.partition AND e.event_offset >= asked.event_offset
                     ORDER BY e.event_offset
                     LIMIT 1),
                    'infinity') AS until,
           CASE WHEN asked.partition = (SELECT partition
                                        FROM accounts.account_events
                                        WHERE account_id = maker.id
                                        LIMIT 1)
                THEN asked.event_offset ELSE 9223372036854775807 END AS last_offset
    FROM accounts.market_maker_clients maker, asked
    WHERE maker.id = $1::uuid
)
SELECT shown.item, md5(shown.item::text) AS etag
FROM bound
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(held.asset, jsonb_build_object(
               'available', bourse.decimal(coalesce(past.available, 0)),
               'locked', bourse.decimal(coalesce(past.locked, 0)),
               'total', bourse.decimal(coalesce(past.available + past.locked, 0)))) AS by_asset
    FROM (VALUES ('CEA'), ('EUA')
          UNION
          SELECT asset FROM accounts.balances WHERE account_id = bound.id) AS held (asset)
    LEFT JOIN accounts.balances now ON now.account_id = bound.id AND now.asset = held.asset
    LEFT JOIN LATERAL (
        SELECT now.available, now.locked
        WHERE now.changed_at < bound.until
        UNION ALL
        (SELECT (e.balances -> now.asset ->> 0)::numeric, (e.balances -> now.asset ->> 1)::numeric
         FROM accounts.account_events e
         WHERE now.changed_at >= bound.until
           AND e.account_id = bound.id
           AND e.occurred_at <= bound.until
           AND e.event_offset <= bound.last_offset
           AND e.balances -> now.asset IS NOT NULL
         ORDER BY e.occurred_at DESC, e.event_offset DESC
         LIMIT 1)) AS past (available, locked) ON true) AS balances
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(due.asset, bourse.decimal(coalesce(past.amount, 0))) AS by_asset
    FROM (VALUES ('EUR')
          UNION
          SELECT asset FROM accounts.market_maker_proceeds WHERE market_maker_id = bound.id)
         AS due (asset)
    LEFT JOIN LATERAL (
        SELECT owed.amount
        FROM accounts.market_maker_proceeds owed
        WHERE $2::text IS NULL AND owed.market_maker_id = bound.id AND owed.asset = due.asset
        UNION ALL
        (SELECT (e.balances -> 'proceeds' ->> due.asset)::numeric
         FROM accounts.account_events e
         WHERE $2::text IS NOT NULL
           AND e.account_id = bound.id
           AND e.occurred_at <= bound.until
           AND e.event_offset <= bound.last_offset
           AND e.balances -> 'proceeds' -> due.asset IS NOT NULL
         ORDER BY e.occurred_at DESC, e.event_offset DESC
         LIMIT 1)) AS past ON true) AS proceeds
CROSS JOIN LATERAL (
    SELECT balances.by_asset || jsonb_build_object('proceeds', proceeds.by_asset) AS item) AS shown
