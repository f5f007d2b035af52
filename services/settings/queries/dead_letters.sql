-- What was set aside, of all services, newest first.
-- shape: list
-- reads: accounts, orders, settings, desk, audit
-- params: kind:word, service:word, limit:int, cursor:text
WITH page AS (
    SELECT * FROM (
    (SELECT 'accounts' AS service, * FROM accounts.dead_letter_items
     WHERE ($1::text IS NULL OR kind = $1::text)
       AND ($2::text IS NULL OR $2::text = 'accounts')
       AND ($4::text IS NULL
            OR (occurred_at, id) <
               (timestamptz 'epoch'
                    + split_part($4::text, '/', 1)::bigint * interval '1 microsecond',
                split_part($4::text, '/', 2)::uuid))
     ORDER BY occurred_at DESC, id DESC
     LIMIT $3::int)
    UNION ALL
    (SELECT 'orders' AS service, * FROM orders.dead_letter_items
     WHERE ($1::text IS NULL OR kind = $1::text)
       AND ($2::text IS NULL OR $2::text = 'orders')
       AND ($4::text IS NULL
            OR (occurred_at, id) <
               (timestamptz 'epoch'
                    + split_part($4::text, '/', 1)::bigint * interval '1 microsecond',
                split_part($4::text, '/', 2)::uuid))
     ORDER BY occurred_at DESC, id DESC
     LIMIT $3::int)
    UNION ALL
    (SELECT 'settings' AS service, * FROM settings.dead_letter_items
     WHERE ($1::text IS NULL OR kind = $1::text)
       AND ($2::text IS NULL OR $2::text = 'settings')
       AND ($4::text IS NULL
            OR (occurred_at, id) <
               (timestamptz 'epoch'
                    + split_part($4::text, '/', 1)::bigint * interval '1 microsecond',
                split_part($4::text, '/', 2)::uuid))
     ORDER BY occurred_at DESC, id DESC
     LIMIT $3::int)
    UNION ALL
    (SELECT 'desk' AS service, * FROM desk.dead_letter_items
     WHERE ($1::text IS NULL OR kind = $1::text)
       AND ($2::text IS NULL OR $2::text = 'desk')
       AND ($4::text IS NULL
            OR (occurred_at, id) <
               (timestamptz 'epoch'
                    + split_part($4::text, '/', 1)::bigint * interval '1 microsecond',
                split_part($4::text, '/', 2)::uuid))
     ORDER BY occurred_at DESC, id DESC
     LIMIT $3::int)
    UNION ALL
    (SELECT 'audit' AS service, * FROM audit.dead_letter_items
     WHERE ($1::text IS NULL OR kind = $1::text)
       AND ($2::text IS NULL OR $2::text = 'audit')
       AND ($4::text IS NULL
            OR (occurred_at, id) <
               (timestamptz 'epoch'
                    + split_part($4::text, '/', 1)::bigint * interval '1 microsecond',
                split_part($4::text, '/', 2)::uuid))
     ORDER BY occurred_at DESC, id DESC
     LIMIT $3::int)) AS of_all
    ORDER BY occurred_at DESC, id DESC
    LIMIT $3::int
)
SELECT (page.item || jsonb_build_object(
           'service', page.service,
           'position', page.service || '/' || (page.item->>'position'),
           'status', CASE page.service WHEN 'audit' THEN 'not_retriable'
                                       ELSE page.item->>'status' END,
           'actor_email', actor.email, 'retried_by_email', retrier.email))::json AS item,
       (extract(epoch FROM page.occurred_at) * 1000000)::bigint || '/' || page.id AS cursor
FROM page
LEFT JOIN settings.users actor ON actor.id = page.actor_id
LEFT JOIN settings.users retrier ON retrier.id = page.retried_by
ORDER BY page.occurred_at DESC, page.id DESC
