-- What needed the consent of a second person: one request, by its id.
-- shape: one
-- reads: settings, accounts, orders, desk
-- params: approval_id:uuid
WITH this AS (
    SELECT * FROM settings.approval_items WHERE id = $1::uuid
    UNION ALL
    SELECT * FROM accounts.approval_items WHERE id = $1::uuid
    UNION ALL
    SELECT * FROM orders.approval_items WHERE id = $1::uuid
    UNION ALL
    SELECT * FROM desk.approval_items WHERE id = $1::uuid
)
SELECT (this.item || jsonb_build_object(
           'requested_by_email', asker.email, 'decided_by_email', decider.email))::json AS item
FROM this
LEFT JOIN settings.users asker ON asker.id = this.requested_by
LEFT JOIN settings.users decider ON decider.id = this.decided_by
