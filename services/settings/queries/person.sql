-- One of the people who registered, as admins see him.
-- shape: one
-- etag: part
-- reads: settings
-- params: id:uuid
SELECT json_build_object(
           'id', users.id,
           'email', users.email,
           'full_name', users.full_name,
           'roles', users.roles,
           'account_id', users.account_id,
           'status', users.status,
           'created_at', bourse.time(users.created_at)) AS item,
       users.version::text AS etag
FROM settings.users
WHERE users.id = $1::uuid
