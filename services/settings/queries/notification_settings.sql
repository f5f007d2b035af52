-- What the caller is told of, and in which ways; e-mail and quiet hours are among his preferences.
-- shape: one
-- etag: part
-- reads: settings
-- params: caller_user_id:uuid
SELECT json_build_object(
           'order_fills', coalesce(told.order_fills, false),
           'transfers', coalesce(told.transfers, true),
           'webhook_url', told.webhook_url,
           'in_app', true,
           'email', coalesce((liked.preferences->>'email_notifications')::bool, true),
           'phone_number', told.phone_number,
           'sms', coalesce((liked.preferences->>'sms_notifications')::bool, false)
                  AND told.phone_number IS NOT NULL,
           'push', coalesce((liked.preferences->>'push_notifications')::bool, true)
                   AND EXISTS (SELECT FROM settings.push_subscriptions browsers
                               WHERE browsers.user_id = users.id AND browsers.ended_at IS NULL),
           'quiet_hours', coalesce((liked.preferences->>'notification_quiet_hours')::bool, false),
           'updated_at', bourse.time(coalesce(told.updated_at, users.created_at))) AS item,
       coalesce(told.version, 1)::text AS etag
FROM settings.users
LEFT JOIN settings.notification_settings told ON told.user_id = users.id
LEFT JOIN settings.user_settings liked ON liked.user_id = users.id
WHERE users.id = $1::uuid
