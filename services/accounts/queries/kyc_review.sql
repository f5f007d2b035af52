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
              'reviewer_id', checked.reviewer_id,
              'documents', coalesce((
                  SELECT json_agg(accounts.kyc_document_item(document)
                                  ORDER BY document.created_at, document.id)
                  FROM accounts.kyc_documents document
                  WHERE document.user_id = checked.user_id AND document.status = 'kept'),
                  '[]'::json)) AS item,
       checked.version::text AS etag
FROM accounts.kyc_profiles checked
JOIN accounts.accounts account ON account.id = checked.account_id
LEFT JOIN settings.users person ON person.id = checked.user_id
WHERE checked.user_id = $1::uuid
