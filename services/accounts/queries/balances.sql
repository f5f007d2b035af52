-- The balances of an account by asset, now or as they were: of one's own, and for staff of any. As
-- of a time is with all that happened until then, as of an event's position with all up to it.
-- shape: one
-- reads: accounts
-- params: id:uuid, caller_account_id:uuid, any:bool, as_of:text
WITH asked AS (
    SELECT substring($4::text FROM '^accounts/(\d+)/')::int AS partition,
           substring($4::text FROM '^accounts/\d+/(\d+)$')::bigint AS event_offset,
           substring($4::text FROM '^[^a].*$')::timestamptz AS until
), bound AS ( -- times of a partition never go back, so an event's time bounds what came before it
    SELECT account.id,
           coalesce(asked.until,
                    (SELECT e.occurred_at
                     FROM accounts.events e
                     WHERE e.partition = asked.partition AND e.event_offset >= asked.event_offset
                     ORDER BY e.event_offset
                     LIMIT 1),
                    'infinity') AS until,
           CASE WHEN asked.partition = (SELECT partition
                                        FROM accounts.account_events
                                        WHERE account_id = account.id
                                        LIMIT 1)
                THEN asked.event_offset ELSE 9223372036854775807 END AS last_offset
    FROM accounts.accounts account, asked
    WHERE account.id = $1::uuid AND ($3::bool OR account.id = $2::uuid)
)
SELECT shown.item, md5(shown.item::text) AS etag
FROM bound
CROSS JOIN LATERAL (
    SELECT coalesce((SELECT json_object_agg(now.asset, json_build_object(
                                'available', bourse.decimal(held.available),
                                'locked', bourse.decimal(held.locked),
                                'total', bourse.decimal(held.available + held.locked))
                                ORDER BY now.asset)
                     FROM accounts.balances now
                     CROSS JOIN LATERAL (
                         SELECT now.available, now.locked
                         WHERE now.changed_at < bound.until
                         UNION ALL
                         (SELECT (e.balances -> now.asset ->> 0)::numeric,
                                 (e.balances -> now.asset ->> 1)::numeric
                          FROM accounts.account_events e
                          WHERE now.changed_at >= bound.until
                            AND e.account_id = now.account_id
                            AND e.occurred_at <= bound.until
                            AND e.event_offset <= bound.last_offset
                            AND e.balances -> now.asset IS NOT NULL
                          ORDER BY e.occurred_at DESC, e.event_offset DESC
                          LIMIT 1)) AS held (available, locked)
                     WHERE now.account_id = bound.id), '{}'::json) AS item) AS shown
