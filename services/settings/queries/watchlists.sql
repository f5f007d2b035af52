-- The caller's watchlists, newest first; their quotes are with each of them.
-- shape: list
-- reads: settings
-- params: caller_user_id:uuid, limit:int, cursor:text
SELECT json_build_object(
           'id', watchlists.id,
           'name', watchlists.name,
           'symbols', watchlists.symbols,
           'created_at', bourse.time(watchlists.created_at),
           'updated_at', bourse.time(watchlists.updated_at)) AS item,
       (extract(epoch FROM watchlists.created_at) * 1000000)::bigint || '/' || watchlists.id AS cursor
FROM settings.watchlists
WHERE watchlists.user_id = $1::uuid
  AND watchlists.deleted_at IS NULL
  AND ($3::text IS NULL
       OR (watchlists.created_at, watchlists.id) <
          (timestamptz 'epoch' + split_part($3::text, '/', 1)::bigint * interval '1 microsecond',
           split_part($3::text, '/', 2)::uuid))
ORDER BY watchlists.created_at DESC, watchlists.id DESC
LIMIT $2::int
