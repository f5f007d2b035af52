-- The balances of an account, by asset: of one's own, and for staff of any.
-- shape: one
-- reads: accounts
-- params: id:uuid, caller_account_id:uuid, any:bool
SELECT coalesce((SELECT json_object_agg(balance.asset, json_build_object(
                            'available', bourse.decimal(balance.available),
                            'locked', bourse.decimal(balance.locked),
                            'total', bourse.decimal(balance.total)) ORDER BY balance.asset)
                 FROM accounts.balances balance
                 WHERE balance.account_id = account.id), '{}'::json) AS item
FROM accounts.accounts account
WHERE account.id = $1::uuid AND ($3::bool OR account.id = $2::uuid)
