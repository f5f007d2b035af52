-- The API keys of somebody, newest first; those that are over included. A key itself is nowhere.
-- shape: list of one
-- reads: settings
-- params: id:uuid, limit:int, cursor:text
SELECT api_key.item AS item, api_key.cursor AS cursor
FROM settings.users this
LEFT JOIN settings.api_key_items api_key
       ON api_key.user_id = this.id
      AND ($3::text IS NULL
           OR (api_key.created_at, api_key.id) <
              (timestamptz 'epoch'
                   + split_part($3::text, '/', 1)::bigint * interval '1 microsecond',
               split_part($3::text, '/', 2)::uuid))
WHERE this.id = $1::uuid
ORDER BY api_key.created_at DESC, api_key.id DESC
LIMIT $2::int
