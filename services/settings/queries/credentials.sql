-- What to check a password against; for the gateway itself, never for a client.
-- shape: one
-- reads: settings
-- params: email_hash:text
SELECT json_build_object(
           'user_id', users.id,
           'account_id', users.account_id,
           'roles', users.roles,
           'password_hash', credentials.password_hash,
           'credentials_version', credentials.version) AS item
FROM settings.users
JOIN settings.credentials ON credentials.user_id = users.id
WHERE users.email_hash = $1::text
