-- One transfer of anybody's, as an operator sees it.
-- shape: one
-- reads: accounts, settings
-- params: transfer_id:uuid
SELECT accounts.transfer_item(moved)
       || jsonb_build_object('account_id', moved.account_id, 'email', person.email,
                             'destination', method.shown, 'provider', moved.provider,
                             'reference', moved.reference) AS item
FROM accounts.funding_transactions moved
JOIN accounts.accounts account ON account.id = moved.account_id
LEFT JOIN accounts.payment_methods method ON method.id = moved.payment_method_id
LEFT JOIN settings.users person ON person.id = account.user_id
WHERE moved.id = $1::uuid
