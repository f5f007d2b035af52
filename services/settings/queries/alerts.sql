-- The caller's price alerts, newest first.
-- shape: list
-- reads: settings
-- params: caller_user_id:uuid, status:text, instrument:text, limit:int, cursor:text
SELECT alert.item AS item, alert.cursor AS cursor
FROM settings.alert_items alert
WHERE alert.user_id = $1::uuid
  AND ($2::text IS NULL OR alert.status = $2::text)
  AND ($3::text IS NULL OR alert.instrument = $3::text)
  AND ($5::text IS NULL
       OR (alert.created_at, alert.id) <
          (timestamptz 'epoch' + split_part($5::text, '/', 1)::bigint * interval '1 microsecond',
           split_part($5::text, '/', 2)::uuid))
ORDER BY alert.created_at DESC, alert.id DESC
LIMIT $4::int
