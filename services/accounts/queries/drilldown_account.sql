-- An account for staff: whose it is, what it has and is worth, its positions, its open orders, and its
-- last events.
-- shape: one
-- reads: accounts, orders, settings
-- params: id:uuid
SELECT shown.item, md5(shown.item::text) AS etag
FROM accounts.accounts account
LEFT JOIN settings.users person ON person.id = account.user_id
LEFT JOIN accounts.market_maker_clients maker ON maker.id = account.id
CROSS JOIN LATERAL accounts.worth_at(account.id, now(), 9223372036854775807) AS worth
CROSS JOIN LATERAL (
    SELECT json_build_object(
        'account', accounts.account_item(account, coalesce(person.email, maker.email),
                                         coalesce(person.full_name, maker.name)),
        'currency', 'EUR',
        'value', bourse.decimal(worth.cash + worth.assets),
        'balances', (SELECT coalesce(json_object_agg(asset, json_build_object(
                                         'available', bourse.decimal(available),
                                         'locked', bourse.decimal(locked),
                                         'total', bourse.decimal(total)) ORDER BY asset), '{}'::json)
                     FROM accounts.balances WHERE account_id = account.id),
        'positions', (SELECT coalesce(json_agg(accounts.position_item(held, marked.price)
                                               ORDER BY held.instrument), '[]'::json)
                      FROM accounts.positions held
                      CROSS JOIN LATERAL accounts.price_at(held.instrument, now()) AS marked
                      WHERE held.account_id = account.id),
        'open_orders', (SELECT coalesce(json_agg(o.item ORDER BY o.place DESC), '[]'::json)
                        FROM (SELECT found.item, found.place
                              FROM (VALUES ('pending'), ('open'), ('partially_filled')) AS of (status)
                              CROSS JOIN LATERAL (
                                  SELECT item, place
                                  FROM orders.order_items
                                  WHERE account_id = account.id AND status = of.status
                                    AND status IN ('pending', 'open', 'partially_filled') -- orders_open
                                  ORDER BY place DESC LIMIT 100) AS found
                              ORDER BY found.place DESC LIMIT 100) AS o),
        'events', (SELECT coalesce(json_agg(json_build_object(
                              'type', e.type,
                              'position', 'accounts/' || e.partition || '/' || e.event_offset,
                              'action', e.action,
                              'code', e.code,
                              'occurred_at', bourse.time(e.occurred_at))
                              ORDER BY e.occurred_at DESC, e.event_offset DESC), '[]'::json)
                   FROM (SELECT noted.partition, noted.event_offset
                         FROM accounts.account_events noted
                         WHERE noted.account_id = account.id
                         ORDER BY noted.occurred_at DESC, noted.event_offset DESC
                         LIMIT 20) AS latest
                   JOIN accounts.events e USING (partition, event_offset)),
        'links', json_build_object(
            'events', '/api/v1/accounts/' || account.id || '/events',
            'tickets', '/api/v1/admin/logging/tickets?entity_id=' || account.id)) AS item) AS shown
WHERE account.id = $1::uuid
