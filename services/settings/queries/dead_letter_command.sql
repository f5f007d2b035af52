-- Of what was set aside: the command, or null where it cannot be read.
-- shape: one
-- reads: accounts, orders, settings, desk, audit
-- params: letter_id:uuid
SELECT json_build_object('command_id', letter.command_id) AS item
FROM (
    SELECT command_id FROM accounts.events WHERE letter_id = $1::uuid
    UNION ALL
    SELECT command_id FROM orders.events WHERE letter_id = $1::uuid
    UNION ALL
    SELECT command_id FROM settings.events WHERE letter_id = $1::uuid
    UNION ALL
    SELECT command_id FROM desk.events WHERE letter_id = $1::uuid
    UNION ALL
    SELECT command_id FROM audit.events WHERE letter_id = $1::uuid) AS letter
