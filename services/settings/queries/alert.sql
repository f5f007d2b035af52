-- One of the caller's price alerts. The etag is of what its user said, not of whether it has fired.
-- shape: one
-- etag: part
-- reads: settings
-- params: caller_user_id:uuid, id:uuid
SELECT alert.item AS item, alert.version::text AS etag
FROM settings.alert_items alert
WHERE alert.id = $2::uuid
  AND alert.user_id = $1::uuid
