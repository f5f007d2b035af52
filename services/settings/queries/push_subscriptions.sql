-- The browsers that the caller's notifications go to, newest first.
-- shape: list
-- reads: settings
-- params: caller_user_id:uuid, limit:int, cursor:text
SELECT browser.item AS item, browser.cursor AS cursor
FROM settings.push_subscription_items browser
WHERE browser.user_id = $1::uuid
  AND ($3::text IS NULL
       OR (browser.created_at, browser.id) <
          (timestamptz 'epoch' + split_part($3::text, '/', 1)::bigint * interval '1 microsecond',
           split_part($3::text, '/', 2)::uuid))
ORDER BY browser.created_at DESC, browser.id DESC
LIMIT $2::int
