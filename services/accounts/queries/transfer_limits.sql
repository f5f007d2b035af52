-- What a client's transfers are held against: its own limits, where null means those of its level, and
-- those in force.
-- shape: one
-- etag: part
-- reads: accounts
-- params: id:uuid
SELECT json_build_object(
           'account_id', account.id,
           'level', force.level,
           'max_transfer', own.limits->'max_transfer',
           'max_day', own.limits->'max_day',
           'max_month', own.limits->'max_month',
           'cool_off_s', own.limits->'cool_off_s',
           'in_force', json_build_object(
               'max_transfer', bourse.decimal(force.max_transfer),
               'max_day', bourse.decimal(force.max_day),
               'max_month', bourse.decimal(force.max_month),
               'cool_off_s', force.cool_off_s),
           'updated_at', bourse.time(own.updated_at)) AS item,
       coalesce(own.version, 1)::text AS etag
FROM accounts.accounts account
CROSS JOIN LATERAL accounts.transfer_limits_of(account.id) AS force
LEFT JOIN accounts.user_transfer_limits own ON own.account_id = account.id
WHERE account.id = $1::uuid AND account.kind = 'trading'
