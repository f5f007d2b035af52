-- One deposit, withdrawal or payout.
-- shape: one
-- reads: accounts, audit
-- params: transaction_id:uuid
SELECT accounts.asset_transaction_item(
           booked, (SELECT ticket.id FROM audit.ticket_logs ticket
                    WHERE ticket.command_id = booked.command_id LIMIT 1)) AS item
FROM accounts.asset_transactions booked
WHERE booked.id = $1::uuid
