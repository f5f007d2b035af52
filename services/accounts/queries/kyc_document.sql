-- One document of a person's, for whoever reviews it.
-- shape: one
-- reads: accounts
-- params: user_id:uuid, document_id:uuid
SELECT accounts.kyc_document_item(document) AS item
FROM accounts.kyc_documents document
WHERE document.id = $2::uuid AND document.user_id = $1::uuid AND document.status = 'kept'
