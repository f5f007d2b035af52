-- One place on the caller's allow-list, be it removed.
-- shape: one
-- reads: accounts
-- params: destination_id:uuid, caller_account_id:uuid
SELECT accounts.allowed_item(allowed) AS item
FROM accounts.allowed_destinations allowed
WHERE allowed.id = $1::uuid AND allowed.account_id = $2::uuid
