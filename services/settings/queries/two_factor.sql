-- The caller's second factor.
-- shape: one
-- reads: settings
-- params: caller_user_id:uuid
SELECT json_build_object(
           'enabled', factor.verified_at IS NOT NULL,
           'created_at', bourse.time(factor.created_at),
           'verified_at', bourse.time(factor.verified_at)) AS item
FROM settings.users
LEFT JOIN settings.two_factor_auth factor ON factor.user_id = users.id
WHERE users.id = $1::uuid
