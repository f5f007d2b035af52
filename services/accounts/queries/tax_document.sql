-- A tax document as the operator sees it who has it issued.
-- shape: one
-- reads: accounts
-- params: document_id:uuid
SELECT accounts.tax_item(this) || jsonb_build_object('account_id', this.account_id) AS item
FROM accounts.tax_documents this
WHERE this.id = $1::uuid
