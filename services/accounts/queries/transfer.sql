-- One deposit or withdrawal of the caller's.
-- shape: one
-- reads: accounts
-- params: transfer_id:uuid, caller_account_id:uuid
SELECT accounts.transfer_item(moved) AS item, moved.version::text AS etag
FROM accounts.funding_transactions moved
WHERE moved.id = $1::uuid AND moved.account_id = $2::uuid
