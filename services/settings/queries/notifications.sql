-- What the caller was told, newest first, or what of it is unread.
-- shape: list
-- reads: settings
-- params: caller_user_id:uuid, unread:bool, limit:int, cursor:text
SELECT notice.item AS item, notice.cursor AS cursor
FROM settings.notification_items notice
WHERE notice.user_id = $1::uuid
  AND ($2::boolean IS NULL OR notice.unread = $2::boolean)
  AND ($4::text IS NULL
       OR (notice.created_at, notice.id) <
          (timestamptz 'epoch' + split_part($4::text, '/', 1)::bigint * interval '1 microsecond',
           split_part($4::text, '/', 2)::uuid))
ORDER BY notice.created_at DESC, notice.id DESC
LIMIT $3::int
