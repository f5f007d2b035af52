-- What needed the consent of a second person, in all services, newest first.
-- shape: list
-- reads: settings, accounts, orders, desk
-- params: status:text, limit:int, cursor:text
WITH page AS (
    SELECT * FROM (
        (SELECT * FROM settings.approval_items of_settings
         WHERE ($1::text IS NULL OR status = $1::text)
           AND ($3::text IS NULL
                OR (requested_at, id) <
                   (timestamptz 'epoch'
                        + split_part($3::text, '/', 1)::bigint * interval '1 microsecond',
                    split_part($3::text, '/', 2)::uuid))
         ORDER BY requested_at DESC, id DESC
         LIMIT $2::int)
        UNION ALL
        (SELECT * FROM accounts.approval_items of_accounts
         WHERE ($1::text IS NULL OR status = $1::text)
           AND ($3::text IS NULL
                OR (requested_at, id) <
                   (timestamptz 'epoch'
                        + split_part($3::text, '/', 1)::bigint * interval '1 microsecond',
                    split_part($3::text, '/', 2)::uuid))
         ORDER BY requested_at DESC, id DESC
         LIMIT $2::int)
        UNION ALL
        (SELECT * FROM orders.approval_items of_orders
         WHERE ($1::text IS NULL OR status = $1::text)
           AND ($3::text IS NULL
                OR (requested_at, id) <
                   (timestamptz 'epoch'
                        + split_part($3::text, '/', 1)::bigint * interval '1 microsecond',
                    split_part($3::text, '/', 2)::uuid))
         ORDER BY requested_at DESC, id DESC
         LIMIT $2::int)
        UNION ALL
        (SELECT * FROM desk.approval_items of_desk
         WHERE ($1::text IS NULL OR status = $1::text)
           AND ($3::text IS NULL
                OR (requested_at, id) <
                   (timestamptz 'epoch'
                        + split_part($3::text, '/', 1)::bigint * interval '1 microsecond',
                    split_part($3::text, '/', 2)::uuid))
         ORDER BY requested_at DESC, id DESC
         LIMIT $2::int)) AS of_all
    ORDER BY requested_at DESC, id DESC
    LIMIT $2::int
)
SELECT (page.item || jsonb_build_object(
           'requested_by_email', asker.email, 'decided_by_email', decider.email))::json AS item,
       (extract(epoch FROM page.requested_at) * 1000000)::bigint || '/' || page.id AS cursor
FROM page
LEFT JOIN settings.users asker ON asker.id = page.requested_by
LEFT JOIN settings.users decider ON decider.id = page.decided_by
ORDER BY page.requested_at DESC, page.id DESC
