-- What the caller would like, or what everybody begins with.
-- shape: one
-- reads: settings
-- params: caller_user_id:uuid
SELECT json_build_object(
           'full_name', users.full_name,
           'default_order_type', coalesce(liked->>'default_order_type', 'market'),
           'require_confirmation', coalesce((liked->>'require_confirmation')::bool, true),
           'email_notifications', coalesce((liked->>'email_notifications')::bool, true),
           'sms_notifications', coalesce((liked->>'sms_notifications')::bool, false),
           'push_notifications', coalesce((liked->>'push_notifications')::bool, true),
           'notification_quiet_hours', coalesce((liked->>'notification_quiet_hours')::bool, false),
           'quiet_start_time', liked->'quiet_start_time',
           'quiet_end_time', liked->'quiet_end_time',
           'theme', coalesce(liked->>'theme', 'dark'),
           'language', coalesce(liked->>'language', 'en'),
           'timezone', coalesce(liked->>'timezone', 'UTC'),
           'created_at', bourse.time(users.created_at),
           'updated_at', bourse.time(coalesce(changed.updated_at, users.created_at))) AS item,
       coalesce(changed.version, 1)::text AS etag
FROM settings.users
LEFT JOIN settings.user_settings changed ON changed.user_id = users.id
CROSS JOIN LATERAL (SELECT changed.preferences AS liked) AS own
WHERE users.id = $1::uuid
