-- The identity check of one person, whole.
-- shape: one
-- etag: part
-- reads: accounts, settings
-- params: user_id:uuid
SELECT accounts.kyc_item(checked)
       || jsonb_build_object(
              'email', person.email,
              'name', checked.name,
              'birth_date', checked.birth_date,
              'nationality', checked.nationality,
              'address', checked.address,
              'tax_id', checked.tax_id,
              'account_status', account.status,
              'reviewer_id', checked.reviewer_id) AS item,
       checked.version::text AS etag
FROM accounts.kyc_profiles checked
JOIN accounts.accounts account ON account.id = checked.account_id
LEFT JOIN settings.users person ON person.id = checked.user_id
WHERE checked.user_id = $1::uuid
