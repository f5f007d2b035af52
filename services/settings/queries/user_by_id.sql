-- Who the caller is.
-- shape: one
-- reads: settings
-- params: caller_user_id:uuid
SELECT json_build_object(
           'id', users.id,
           'email', users.email,
           'full_name', users.full_name,
           'roles', users.roles,
           'account_id', users.account_id,
           'email_verified', users.email_verified_at IS NOT NULL,
           'two_factor_enabled', EXISTS (
               SELECT FROM settings.two_factor_auth factor
               WHERE factor.user_id = users.id AND factor.verified_at IS NOT NULL)) AS item
FROM settings.users
WHERE users.id = $1::uuid
