-- One payment method of the caller's, be it removed.
-- shape: one
-- reads: accounts
-- params: payment_method_id:uuid, caller_account_id:uuid
SELECT accounts.payment_method_item(method) AS item
FROM accounts.payment_methods method
WHERE method.id = $1::uuid AND method.account_id = $2::uuid
