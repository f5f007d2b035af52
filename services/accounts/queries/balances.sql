-- The balances of an account by asset, now or as they were: of one's own, and for staff of any. As
-- of a time is with all that happened until then, as of an event's position with all up to it.
-- shape: one
-- reads: accounts
-- params: id:uuid, caller_account_id:uuid, any:bool, as_of:text
SELECT shown.item, md5(shown.item::text) AS etag
FROM accounts.accounts account
CROSS JOIN LATERAL accounts.bound_of(account.id, $4::text) AS bound
CROSS JOIN LATERAL (
    SELECT coalesce(json_object_agg(held.asset, json_build_object(
                        'available', bourse.decimal(held.available),
                        'locked', bourse.decimal(held.locked),
                        'total', bourse.decimal(held.available + held.locked))
                        ORDER BY held.asset), '{}'::json) AS item
    FROM accounts.balances_at(account.id, bound) AS held) AS shown
WHERE account.id = $1::uuid AND ($3::bool OR account.id = $2::uuid)
