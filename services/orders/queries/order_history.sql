-- Every event that made an order what it is, newest first: its own, with what accounts answered and
-- their tickets, and those of others' orders that traded with it, of which no more is told.
-- shape: list of one
-- reads: orders, accounts, audit
-- params: id:uuid, caller_account_id:uuid, any:bool, limit:int, cursor:text
WITH this AS (
    SELECT id, partition, placed_offset, entered_offset, event_offset
    FROM orders.orders
    WHERE id = $1::uuid AND (account_id = $2::uuid OR coalesce($3::boolean, false))
), positions AS (
    SELECT partition, placed_offset AS event_offset FROM this
    UNION
    SELECT partition, entered_offset FROM this
    UNION
    SELECT partition, event_offset FROM this
    UNION
    SELECT t.partition, t.event_offset
    FROM orders.trades t, this
    WHERE t.buy_order_id = this.id OR t.sell_order_id = this.id
), met AS (
    SELECT e.*, e.event_offset IN (this.placed_offset, this.entered_offset)
                OR e.type IN ('OrderCanceled', 'OrdersCanceled') AS own
    FROM orders.events e
    JOIN positions USING (partition, event_offset)
    CROSS JOIN this
), found AS (
    SELECT 'orders' AS service, partition, event_offset, event_id, type, occurred_at, own,
           CASE WHEN own THEN command_id END AS command_id,
           CASE WHEN own THEN cause END AS cause,
           CASE WHEN own THEN code END AS code,
           CASE WHEN own THEN action END AS action,
           answers
    FROM met
    UNION ALL
    SELECT 'accounts', e.partition, e.event_offset, e.event_id, e.type, e.occurred_at, true,
           e.command_id, e.cause, e.code, e.action, e.answers
    FROM accounts.events e
    WHERE e.command_id IN (SELECT command_id FROM met WHERE own)
), listed AS (
    SELECT found.*,
           to_char(occurred_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS')
               || CASE service WHEN 'accounts' THEN 'a' ELSE 'o' END
               || lpad(partition::text, 5, '0') || lpad(event_offset::text, 15, '0') AS place
    FROM found
)
SELECT CASE WHEN l.place IS NOT NULL THEN json_build_object(
           'type', l.type,
           'position', l.service || '/' || l.partition || '/' || l.event_offset,
           'event_id', l.event_id,
           'occurred_at', bourse.time(l.occurred_at),
           'cause', l.cause,
           'command_id', l.command_id,
           'action', l.action,
           'code', l.code,
           'ticket_id', CASE WHEN l.answers
                             THEN (SELECT t.id FROM audit.ticket_logs t
                                   WHERE t.command_id = l.command_id
                                   LIMIT 1)
                        END,
           'fills', CASE WHEN l.service = 'orders'
                         THEN (SELECT json_agg(f.item ORDER BY f.place)
                               FROM orders.fills f
                               WHERE f.order_id = $1::uuid
                                 AND f.partition = l.partition
                                 AND f.event_offset = l.event_offset)
                    END) END AS item,
       l.place AS cursor
FROM this
LEFT JOIN listed l ON $5::text IS NULL OR l.place COLLATE "C" < $5::text
ORDER BY l.place COLLATE "C" DESC
LIMIT $4::int
