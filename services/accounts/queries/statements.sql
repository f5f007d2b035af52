-- The caller's statements, newest first; those that there are, or were (balances.sql).
-- shape: list
-- reads: accounts
-- params: caller_account_id:uuid, from:text, to:text, as_of:text, limit:int, cursor:text
SELECT accounts.statement_item(this) AS item, this.event_offset || '/' || this.id AS cursor
FROM accounts.bound_of($1::uuid, $4::text) AS bound
CROSS JOIN accounts.account_statements this
WHERE this.account_id = $1::uuid
  AND this.issued_at <= bound.until AND this.event_offset <= bound.last_offset
  AND ($2::timestamptz IS NULL OR this.period_from >= $2::timestamptz)
  AND ($3::timestamptz IS NULL OR this.period_to <= $3::timestamptz)
  AND ($6::text IS NULL OR (this.event_offset, this.id) <
          (split_part($6::text, '/', 1)::bigint, split_part($6::text, '/', 2)::uuid))
ORDER BY this.event_offset DESC, this.id DESC
LIMIT $5::int
