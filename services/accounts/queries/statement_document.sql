-- The same as the lines of a document (libs/pdf), with the name of the person while it is known.
-- shape: list of one
-- reads: accounts, settings
-- params: caller_account_id:uuid, statement_id:uuid, limit:int, cursor:text
SELECT stated.item AS item, stated.cursor AS cursor
FROM accounts.account_statements this
JOIN accounts.accounts account ON account.id = this.account_id
LEFT JOIN settings.users person ON person.id = account.user_id
CROSS JOIN LATERAL (
    SELECT 0 AS part, head.n, NULL AS cursor, head.item
    FROM (VALUES
        (0, json_build_array('title', 'Statement of account')),
        (1, CASE WHEN person.full_name IS NOT NULL
            THEN json_build_array('pair', 'Holder', person.full_name) END),
        (2, json_build_array('pair', 'Account', this.account_id)),
        (3, json_build_array('pair', 'From', bourse.time(this.period_from))),
        (4, json_build_array('pair', 'Until', bourse.time(this.period_to))),
        (5, json_build_array('pair', 'Statement', this.id || ', version '
                                                  || accounts.statement_version(this))),
        (6, json_build_array('pair', 'Position', 'accounts/' || this.partition || '/'
                                                 || this.event_offset)),
        (7, json_build_array('heading', 'Balances')),
        (8, json_build_array('columns', 'Asset', 'Opening', 'Received', 'Paid', 'Closing')))
        AS head (n, item)
    WHERE $4::text IS NULL AND head.item IS NOT NULL
    UNION ALL
    SELECT 1, row_number() OVER (ORDER BY moved.asset), NULL,
           json_build_array('row', moved.asset, bourse.decimal(moved.opening),
                            bourse.decimal(total.received), bourse.decimal(total.paid),
                            bourse.decimal(moved.closing))
    FROM accounts.movements(this.account_id, this.period_from, this.period_to, this.event_offset) AS moved
    CROSS JOIN LATERAL (
        SELECT coalesce(sum((found.kind ->> 'received')::numeric), 0) AS received,
               coalesce(sum((found.kind ->> 'paid')::numeric), 0) AS paid
        FROM json_array_elements(moved.kinds) AS found (kind)) AS total
    WHERE $4::text IS NULL
    UNION ALL
    SELECT 2, head.n, NULL, head.item
    FROM (VALUES (0, json_build_array('heading', 'Movements')),
                 (1, json_build_array('columns', 'Time', 'Kind', 'Asset', 'Amount', 'Balance')))
        AS head (n, item)
    WHERE $4::text IS NULL
    UNION ALL
    SELECT 3, row_number() OVER (), accounts.transaction_place(moved),
           json_build_array('row', to_char(moved.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
                            moved.kind, moved.asset, bourse.decimal(moved.amount),
                            bourse.decimal(moved.balance_total))
    FROM accounts.lines_behind(
                this.account_id,
                coalesce(timestamptz 'epoch' + split_part($4::text, '/', 1)::bigint
                                               * interval '1 microsecond', this.period_from),
                coalesce(split_part($4::text, '/', 2)::bigint, -1),
                coalesce(split_part($4::text, '/', 3)::int, -1),
                this.period_to, this.event_offset, $3::int) AS moved) AS stated
WHERE this.id = $2::uuid AND this.account_id = $1::uuid
ORDER BY stated.part, stated.n
LIMIT $3::int
