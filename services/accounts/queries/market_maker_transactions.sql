-- Deposits, withdrawals and payouts of a market maker, newest first.
-- shape: list of one
-- reads: accounts, audit
-- params: market_maker_id:uuid, asset:text, type:text, from:text, to:text, limit:int, cursor:text
SELECT CASE WHEN booked.id IS NOT NULL THEN accounts.asset_transaction_item(
           booked, (SELECT ticket.id FROM audit.ticket_logs ticket
                    WHERE ticket.command_id = booked.command_id LIMIT 1)) END AS item,
       booked.event_offset || '/' || booked.line AS cursor
FROM accounts.market_maker_clients this
LEFT JOIN accounts.asset_transactions booked
       ON booked.account_id = this.id
      AND ($2::text IS NULL OR booked.asset = $2::text)
      AND ($3::text IS NULL OR booked.type = $3::text)
      AND ($4::timestamptz IS NULL OR booked.created_at >= $4::timestamptz)
      AND ($5::timestamptz IS NULL OR booked.created_at < $5::timestamptz)
      AND ($7::text IS NULL
           OR (booked.event_offset, booked.line) <
              (split_part($7::text, '/', 1)::bigint, split_part($7::text, '/', 2)::int))
WHERE this.id = $1::uuid
ORDER BY booked.event_offset DESC, booked.line DESC
LIMIT $6::int
