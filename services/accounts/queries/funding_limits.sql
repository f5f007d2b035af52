-- The caller's limits, and what is left of them for each asset and way in which anything was asked for.
-- shape: one
-- reads: accounts
-- params: caller_account_id:uuid
SELECT json_build_object(
           'level', force.level,
           'max_transfer', bourse.decimal(force.max_transfer),
           'max_day', bourse.decimal(force.max_day),
           'max_month', bourse.decimal(force.max_month),
           'cool_off_s', force.cool_off_s,
           'allow_list_binds', listed.until IS NOT NULL,
           'allow_list_until', bourse.time(nullif(listed.until, 'infinity')),
           'day_resets_at', bourse.time((date_trunc('day', now() AT TIME ZONE 'UTC')
                                         + interval '1 day') AT TIME ZONE 'UTC'),
           'month_resets_at', bourse.time((date_trunc('month', now() AT TIME ZONE 'UTC')
                                           + interval '1 month') AT TIME ZONE 'UTC'),
           'used', coalesce((
               SELECT json_agg(json_build_object(
                          'type', used.type,
                          'asset', used.asset,
                          'day', bourse.decimal(today.amount),
                          'day_left', bourse.decimal(greatest(force.max_day - today.amount, 0)),
                          'month', bourse.decimal(this_month.amount),
                          'month_left',
                          bourse.decimal(greatest(force.max_month - this_month.amount, 0)))
                          ORDER BY used.asset, used.type)
               FROM accounts.transfer_uses used
               CROSS JOIN LATERAL (SELECT CASE WHEN used.day = date_trunc('day', now(), 'UTC')
                                               THEN used.day_amount ELSE 0 END) AS today (amount)
               CROSS JOIN LATERAL (SELECT CASE WHEN used.month = date_trunc('month', now(), 'UTC')
                                               THEN used.month_amount ELSE 0 END)
                   AS this_month (amount)
               WHERE used.account_id = account.id), '[]'::json)) AS item
FROM accounts.accounts account
CROSS JOIN LATERAL accounts.transfer_limits_of(account.id) AS force
CROSS JOIN LATERAL accounts.allow_list_until(account.id) AS listed (until)
WHERE account.id = $1::uuid
