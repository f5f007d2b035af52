-- What happened to the caller's sign-in, what staff did to it, and what the caller was refused, newest first.
-- shape: list
-- reads: settings, audit
-- params: caller_user_id:uuid, limit:int, cursor:text
WITH happened AS (
    SELECT event_id, event, code, session_id, by_staff, ip_address, user_agent, created_at
    FROM settings.security_log
    WHERE security_log.user_id = $1::uuid
      AND ($3::text IS NULL
           OR (security_log.created_at, security_log.event_id) <
              (timestamptz 'epoch' + split_part($3::text, '/', 1)::bigint * interval '1 microsecond',
               split_part($3::text, '/', 2)::uuid))
    ORDER BY security_log.created_at DESC, security_log.event_id DESC
    LIMIT $2::int
), refused AS (
    SELECT t.event_id, 'refused' AS event, t.code, NULL::uuid AS session_id, false AS by_staff,
           e.ip_address, e.user_agent, t.occurred_at AS created_at
    FROM audit.ticket_logs t
    LEFT JOIN audit.events e ON e.partition = t.source_partition AND e.event_offset = t.source_offset
    WHERE t.actor_id = $1::uuid AND t.event_hash IS NULL
      AND ($3::text IS NULL
           OR (t.occurred_at, t.event_id) <
              (timestamptz 'epoch' + split_part($3::text, '/', 1)::bigint * interval '1 microsecond',
               split_part($3::text, '/', 2)::uuid))
    ORDER BY t.occurred_at DESC, t.event_id DESC
    LIMIT $2::int
)
SELECT json_build_object(
           'id', event_id,
           'event', event,
           'code', code,
           'session_id', session_id,
           'by_staff', by_staff,
           'ip_address', ip_address,
           'user_agent', user_agent,
           'created_at', bourse.time(created_at)) AS item,
       (extract(epoch FROM created_at) * 1000000)::bigint || '/' || event_id AS cursor
FROM (SELECT * FROM happened UNION ALL SELECT * FROM refused) AS entries
ORDER BY created_at DESC, event_id DESC
LIMIT $2::int
