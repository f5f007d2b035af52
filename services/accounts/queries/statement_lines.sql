-- A statement of the caller's as CSV: what each asset begins and ends with, and every line in between,
-- oldest first.
-- shape: list of one
-- columns: id,occurred_at,kind,asset,amount,balance,instrument,reference_id,notes
-- reads: accounts
-- params: caller_account_id:uuid, statement_id:uuid, limit:int, cursor:text
SELECT stated.item AS item, stated.cursor AS cursor
FROM accounts.account_statements this
LEFT JOIN LATERAL (
    SELECT 0 AS part, row_number() OVER (ORDER BY edge.asset, edge.n) AS n, NULL AS cursor,
           ',' || bourse.time(edge.at) || ',' || edge.kind || ',' || bourse.csv(edge.asset) || ',,'
           || bourse.decimal(edge.balance) || E',,,\r\n' AS item
    FROM (SELECT moved.asset, edge.*
          FROM accounts.movements(this.account_id, this.period_from, this.period_to,
                                  this.event_offset) AS moved
          CROSS JOIN LATERAL (VALUES (0, 'opening', this.period_from, moved.opening),
                                     (1, 'closing', this.period_to, moved.closing))
                             AS edge (n, kind, at, balance)) AS edge
    WHERE $4::text IS NULL
    UNION ALL
    SELECT 1, row_number() OVER (), accounts.transaction_place(moved), accounts.transaction_csv(moved)
    FROM accounts.lines_behind(
                this.account_id,
                coalesce(timestamptz 'epoch' + split_part($4::text, '/', 1)::bigint
                                               * interval '1 microsecond', this.period_from),
                coalesce(split_part($4::text, '/', 2)::bigint, -1),
                coalesce(split_part($4::text, '/', 3)::int, -1),
                this.period_to, this.event_offset, $3::int) AS moved) AS stated ON true
WHERE this.id = $2::uuid AND this.account_id = $1::uuid
ORDER BY stated.part, stated.n
LIMIT $3::int
