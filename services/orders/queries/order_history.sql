-- Every event that made an order what it is, newest first: its own, by the commands that named it and
-- where its row has been changed, with their tickets and what accounts answered for its account; and
-- those of others' orders that traded with it, of which only staff is told more.
-- shape: list of one
-- reads: orders, accounts, audit
-- params: id:uuid, caller_account_id:uuid, any:bool, limit:int, cursor:text
WITH this AS (
    SELECT id, account_id, partition, placed_offset, entered_offset, event_offset, crossed_by
    FROM orders.orders
    WHERE id = $1::uuid AND (account_id = $2::uuid OR coalesce($3::boolean, false))
), commands AS (
    SELECT t.command_id
    FROM audit.ticket_logs t, this
    WHERE t.entity_id = this.id::text AND coalesce(t.account_id, this.account_id) = this.account_id
), filled AS (
    SELECT t.partition, t.event_offset FROM orders.trades t, this WHERE t.buy_order_id = this.id
    UNION
    SELECT t.partition, t.event_offset FROM orders.trades t, this WHERE t.sell_order_id = this.id
), met AS (
    SELECT e.*, true AS own
    FROM orders.events e, this
    WHERE e.partition = this.partition -- IN would be an OR, which is looked for in all partitions
      AND e.event_offset = ANY (ARRAY[this.placed_offset, this.entered_offset])
    UNION ALL
    SELECT e.*, NOT EXISTS (SELECT FROM filled WHERE filled.event_offset = e.event_offset)
    FROM orders.events e, this
    WHERE e.partition = this.partition AND e.event_offset = this.event_offset
    UNION ALL
    SELECT e.*, false FROM filled JOIN orders.events e USING (partition, event_offset)
    UNION ALL
    SELECT e.*, true FROM commands JOIN orders.events e USING (command_id)
), own AS (
    SELECT command_id, 'orders/' || partition || '/' || event_offset AS position
    FROM met
    WHERE own
), answered AS (
    SELECT e.partition, e.event_offset, e.occurred_at, true AS own
    FROM own JOIN accounts.events e USING (command_id)
    UNION ALL
    SELECT e.partition, e.event_offset, e.occurred_at, true
    FROM commands JOIN accounts.events e USING (command_id)
    UNION ALL
    SELECT e.partition, e.event_offset, e.occurred_at, true
    FROM own JOIN accounts.events e ON e.cause = own.position AND e.command_id IS NULL
    WHERE own.command_id IS NULL
    UNION ALL
    SELECT e.partition, e.event_offset, e.occurred_at, false
    FROM filled
    CROSS JOIN LATERAL accounts.answers_to(filled.partition, filled.event_offset) AS e
), found AS (
    SELECT 'orders' AS service, partition, event_offset, bool_or(own) AS own
    FROM met
    GROUP BY partition, event_offset
    UNION ALL
    SELECT 'accounts', noted.partition, noted.event_offset, bool_or(answered.own)
    FROM answered
    JOIN accounts.account_events noted USING (occurred_at, partition, event_offset)
    JOIN this ON this.account_id = noted.account_id
    GROUP BY noted.partition, noted.event_offset
), listed AS (
    SELECT found.service, found.own OR coalesce($3::boolean, false) AS told, e.*,
           to_char(e.occurred_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS')
               || CASE found.service WHEN 'accounts' THEN 'a' ELSE 'o' END
               || lpad(e.partition::text, 5, '0') || lpad(e.event_offset::text, 15, '0') AS place
    FROM found
    CROSS JOIN LATERAL (
        SELECT * FROM orders.events
        WHERE found.service = 'orders'
          AND partition = found.partition AND event_offset = found.event_offset
        UNION ALL
        SELECT * FROM accounts.events
        WHERE found.service = 'accounts'
          AND partition = found.partition AND event_offset = found.event_offset) AS e
)
SELECT CASE WHEN l.place IS NOT NULL THEN json_build_object(
           'type', l.type,
           'position', l.service || '/' || l.partition || '/' || l.event_offset,
           'event_id', l.event_id,
           'occurred_at', bourse.time(l.occurred_at),
           'cause', CASE WHEN l.told THEN l.cause END,
           'crossed_by', CASE WHEN l.service = 'orders' AND l.told AND l.command_id IS NULL
                                   AND l.type = 'OrderEntered'
                              THEN this.crossed_by
                         END,
           'command_id', CASE WHEN l.told THEN l.command_id END,
           'correlation_id', CASE WHEN l.told THEN l.correlation_id END,
           'action', CASE WHEN l.told THEN l.action END,
           'code', CASE WHEN l.told THEN l.code END,
           'ticket_id', CASE WHEN l.told AND l.answers
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
