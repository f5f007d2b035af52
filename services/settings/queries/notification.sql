-- One of the caller's notifications.
-- shape: one
-- reads: settings
-- params: caller_user_id:uuid, notification_id:uuid
SELECT notice.item AS item
FROM settings.notification_items notice
WHERE notice.id = $2::uuid
  AND notice.user_id = $1::uuid
