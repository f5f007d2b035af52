-- One of the caller's watchlists, with what its instruments are quoted at, in its order.
-- shape: one
-- etag: part
-- reads: settings, orders
-- params: caller_user_id:uuid, id:uuid
SELECT json_build_object(
           'id', watchlists.id,
           'name', watchlists.name,
           'symbols', watchlists.symbols,
           'quotes', coalesce((
               SELECT json_agg(quotes.item ORDER BY listed.place)
               FROM unnest(watchlists.symbols) WITH ORDINALITY AS listed (symbol, place)
               JOIN orders.quotes ON quotes.symbol = listed.symbol), '[]'),
           'created_at', bourse.time(watchlists.created_at),
           'updated_at', bourse.time(watchlists.updated_at)) AS item,
       watchlists.version::text AS etag
FROM settings.watchlists
WHERE watchlists.id = $2::uuid
  AND watchlists.user_id = $1::uuid
  AND watchlists.deleted_at IS NULL
