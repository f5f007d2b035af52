-- What was set aside: one command, by the id it has since.
-- shape: one
-- reads: accounts, orders, settings, desk, audit
-- params: letter_id:uuid
WITH this AS (
    SELECT 'accounts' AS service, * FROM accounts.dead_letter_items WHERE id = $1::uuid
    UNION ALL
    SELECT 'orders' AS service, * FROM orders.dead_letter_items WHERE id = $1::uuid
    UNION ALL
    SELECT 'settings' AS service, * FROM settings.dead_letter_items WHERE id = $1::uuid
    UNION ALL
    SELECT 'desk' AS service, * FROM desk.dead_letter_items WHERE id = $1::uuid
    UNION ALL
    SELECT 'audit' AS service, * FROM audit.dead_letter_items WHERE id = $1::uuid
)
SELECT (this.item || jsonb_build_object(
           'service', this.service,
           'position', this.service || '/' || (this.item->>'position'),
           'status', CASE this.service WHEN 'audit' THEN 'not_retriable'
                                       ELSE this.item->>'status' END,
           'raw', translate(encode(this.raw, 'base64'), E'\n', ''),
           'actor_email', actor.email, 'retried_by_email', retrier.email))::json AS item
FROM this
LEFT JOIN settings.users actor ON actor.id = this.actor_id
LEFT JOIN settings.users retrier ON retrier.id = this.retried_by
