-- What happened to the caller's sign-in, and what staff did to it, newest first.
-- shape: list
-- reads: settings
-- params: caller_user_id:uuid, limit:int, cursor:text
SELECT json_build_object(
           'id', security_log.event_id,
           'event', security_log.event,
           'code', security_log.code,
           'session_id', security_log.session_id,
           'by_staff', security_log.by_staff,
           'ip_address', security_log.ip_address,
           'user_agent', security_log.user_agent,
           'created_at', bourse.time(security_log.created_at)) AS item,
       (extract(epoch FROM security_log.created_at) * 1000000)::bigint || '/' ||
           security_log.event_id AS cursor
FROM settings.security_log
WHERE security_log.user_id = $1::uuid
  AND ($3::text IS NULL
       OR (security_log.created_at, security_log.event_id) <
          (timestamptz 'epoch' + split_part($3::text, '/', 1)::bigint * interval '1 microsecond',
           split_part($3::text, '/', 2)::uuid))
ORDER BY security_log.created_at DESC, security_log.event_id DESC
LIMIT $2::int
