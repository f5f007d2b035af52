-- The caller's tax documents, newest first.
-- shape: list
-- reads: accounts
-- params: caller_account_id:uuid, year:int, limit:int, cursor:text
SELECT accounts.tax_item(this) AS item, this.event_offset || '/' || this.id AS cursor
FROM accounts.tax_documents this
WHERE this.account_id = $1::uuid
  AND ($2::int IS NULL OR extract(year FROM this.period_from AT TIME ZONE 'UTC') = $2::int)
  AND ($4::text IS NULL OR (this.event_offset, this.id) <
          (split_part($4::text, '/', 1)::bigint, split_part($4::text, '/', 2)::uuid))
ORDER BY this.event_offset DESC, this.id DESC
LIMIT $3::int
