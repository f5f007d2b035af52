-- One of the browsers that the caller's notifications go to.
-- shape: one
-- reads: settings
-- params: caller_user_id:uuid, subscription_id:uuid
SELECT browser.item AS item
FROM settings.push_subscription_items browser
WHERE browser.id = $2::uuid
  AND browser.user_id = $1::uuid
