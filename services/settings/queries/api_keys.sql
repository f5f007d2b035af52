-- The caller's API keys, newest first; those that are over included. A key itself is nowhere.
-- shape: list
-- reads: settings
-- params: caller_user_id:uuid, limit:int, cursor:text
SELECT api_key.item AS item, api_key.cursor AS cursor
FROM settings.api_key_items api_key
WHERE api_key.user_id = $1::uuid
  AND ($3::text IS NULL
       OR (api_key.created_at, api_key.id) <
          (timestamptz 'epoch' + split_part($3::text, '/', 1)::bigint * interval '1 microsecond',
           split_part($3::text, '/', 2)::uuid))
ORDER BY api_key.created_at DESC, api_key.id DESC
LIMIT $2::int
