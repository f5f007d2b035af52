-- The caller's statements, newest first.
-- shape: list
-- reads: accounts
-- params: caller_account_id:uuid, from:text, to:text, limit:int, cursor:text
SELECT accounts.statement_item(this) AS item, this.event_offset || '/' || this.id AS cursor
FROM accounts.account_statements this
WHERE this.account_id = $1::uuid
  AND ($2::timestamptz IS NULL OR this.period_from >= $2::timestamptz)
  AND ($3::timestamptz IS NULL OR this.period_to <= $3::timestamptz)
  AND ($5::text IS NULL OR (this.event_offset, this.id) <
          (split_part($5::text, '/', 1)::bigint, split_part($5::text, '/', 2)::uuid))
ORDER BY this.event_offset DESC, this.id DESC
LIMIT $4::int
