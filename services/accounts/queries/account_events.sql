-- What happened to an account, newest first: of one's own, and for staff of any. What another's
-- command did to it is told without that command.
-- shape: list of one
-- reads: accounts, audit
-- params: id:uuid, caller_account_id:uuid, any:bool, from:text, to:text, limit:int, cursor:text
SELECT CASE WHEN e.event_id IS NOT NULL THEN json_build_object(
           'type', e.type,
           'position', 'accounts/' || e.partition || '/' || e.event_offset,
           'event_id', e.event_id,
           'occurred_at', bourse.time(e.occurred_at),
           'cause', CASE WHEN e.own THEN e.cause END,
           'command_id', CASE WHEN e.own THEN e.command_id END,
           'action', CASE WHEN e.own THEN e.action END,
           'code', e.code,
           'ticket_id', CASE WHEN e.own THEN (SELECT t.id FROM audit.ticket_logs t
                                              WHERE t.command_id = e.command_id
                                              LIMIT 1)
                        END,
           'balances', (SELECT json_object_agg(held.asset, json_build_object(
                                   'available', bourse.decimal((held.value ->> 0)::numeric),
                                   'locked', bourse.decimal((held.value ->> 1)::numeric),
                                   'total', bourse.decimal((held.value ->> 0)::numeric
                                                           + (held.value ->> 1)::numeric)))
                        FROM json_each(e.balances) AS held (asset, value)
                        WHERE held.asset <> 'proceeds')) END AS item,
       e.place AS cursor
FROM accounts.accounts this
LEFT JOIN LATERAL (
    SELECT e.*, noted.balances,
           (extract(epoch FROM noted.occurred_at) * 1000000)::bigint || '/' || noted.event_offset
               AS place,
           coalesce($3::bool, false) OR e.actor_id = this.user_id
               OR (e.key = this.id::text AND e.type <> 'FillsSettled') AS own
    FROM accounts.account_events noted
    JOIN accounts.events e USING (partition, event_offset)
    WHERE noted.account_id = this.id
      AND ($4::timestamptz IS NULL OR noted.occurred_at >= $4::timestamptz)
      AND ($5::timestamptz IS NULL OR noted.occurred_at < $5::timestamptz)
      AND ($7::text IS NULL
           OR (noted.occurred_at, noted.event_offset) <
              (timestamptz 'epoch' + split_part($7::text, '/', 1)::bigint * interval '1 microsecond',
               split_part($7::text, '/', 2)::bigint))
    ORDER BY noted.occurred_at DESC, noted.event_offset DESC
    LIMIT $6::int) AS e ON true
WHERE this.id = $1::uuid AND ($3::bool OR this.id = $2::uuid)
ORDER BY e.occurred_at DESC, e.event_offset DESC
LIMIT $6::int
