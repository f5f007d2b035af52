-- What the caller has handed in, newest first.
-- shape: list
-- reads: accounts
-- params: caller_user_id:uuid, limit:int, cursor:text
SELECT accounts.kyc_document_item(document) AS item,
       (extract(epoch FROM document.created_at) * 1000000)::bigint || '/' || document.id AS cursor
FROM accounts.kyc_documents document
WHERE document.user_id = $1::uuid AND document.status = 'kept'
  AND ($3::text IS NULL
       OR (document.created_at, document.id) <
          (timestamptz 'epoch' + split_part($3::text, '/', 1)::bigint * interval '1 microsecond',
           split_part($3::text, '/', 2)::uuid))
ORDER BY document.created_at DESC, document.id DESC
LIMIT $2::int
