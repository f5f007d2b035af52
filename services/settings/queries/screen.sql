-- One of the caller's saved screens.
-- shape: one
-- reads: settings
-- params: caller_user_id:uuid, id:uuid
SELECT screen.item AS item, screen.version::text AS etag
FROM settings.screen_items screen
WHERE screen.id = $2::uuid
  AND screen.user_id = $1::uuid
