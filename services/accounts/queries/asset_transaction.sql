-- One deposit, withdrawal or payout.
-- shape: one
-- reads: accounts, audit
-- params: transaction_id:uuid
SELECT json_build_object(
           'id', booked.id,
           'ticket_id', (SELECT ticket.id FROM audit.ticket_logs ticket
                         WHERE ticket.command_id = booked.command_id LIMIT 1),
           'account_id', booked.account_id,
           'asset', booked.asset,
           'type', booked.type,
           'amount', bourse.decimal(booked.amount),
           'balance_before', bourse.decimal(booked.balance_before),
           'balance_after', bourse.decimal(booked.balance_after),
           'notes', booked.notes,
           'created_at', bourse.time(booked.created_at)) AS item
FROM accounts.asset_transactions booked
WHERE booked.id = $1::uuid
