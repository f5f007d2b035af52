-- The caller's sessions, newest first: where and when he signed in, and whether that still holds.
-- shape: list
-- reads: settings
-- params: caller_user_id:uuid, caller_session_id:uuid, limit:int, cursor:text
SELECT json_build_object(
           'id', session_logs.session_id,
           'ip_address', session_logs.ip_address,
           'user_agent', session_logs.user_agent,
           'location', session_logs.location,
           'login_at', bourse.time(session_logs.login_at),
           'logout_at', bourse.time(session_logs.logout_at),
           'end_reason', session_logs.end_reason,
           'expires_at', bourse.time(session_logs.expires_at),
           'is_active', session_logs.logout_at IS NULL AND session_logs.expires_at > now(),
           'current', session_logs.session_id = $2::uuid,
           'created_at', bourse.time(session_logs.login_at)) AS item,
       (extract(epoch FROM session_logs.login_at) * 1000000)::bigint || '/' ||
           session_logs.session_id AS cursor
FROM settings.session_logs
WHERE session_logs.user_id = $1::uuid
  AND ($4::text IS NULL
       OR (session_logs.login_at, session_logs.session_id) <
          (timestamptz 'epoch' + split_part($4::text, '/', 1)::bigint * interval '1 microsecond',
           split_part($4::text, '/', 2)::uuid))
ORDER BY session_logs.login_at DESC, session_logs.session_id DESC
LIMIT $3::int
