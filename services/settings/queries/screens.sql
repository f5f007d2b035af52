-- The caller's saved screens, newest first.
-- shape: list
-- reads: settings
-- params: caller_user_id:uuid, limit:int, cursor:text
SELECT screen.item AS item, screen.cursor AS cursor
FROM settings.screen_items screen
WHERE screen.user_id = $1::uuid
  AND ($3::text IS NULL
       OR (screen.created_at, screen.id) <
          (timestamptz 'epoch' + split_part($3::text, '/', 1)::bigint * interval '1 microsecond',
           split_part($3::text, '/', 2)::uuid))
ORDER BY screen.created_at DESC, screen.id DESC
LIMIT $2::int
