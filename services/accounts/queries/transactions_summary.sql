-- What came to the caller's account and what went, by asset and kind, and the balances around that.
-- shape: one
-- reads: accounts
-- params: caller_account_id:uuid, from:text, to:text
SELECT shown.item, md5(shown.item::text) AS etag
FROM accounts.accounts this
CROSS JOIN LATERAL (
    SELECT json_build_object(
        'account_id', this.id,
        'from', bourse.time($2::timestamptz),
        'to', bourse.time($3::timestamptz),
        'assets', coalesce(json_agg(json_build_object(
                               'asset', moved.asset,
                               'opening', bourse.decimal(moved.opening),
                               'closing', bourse.decimal(moved.closing),
                               'movements', moved.kinds) ORDER BY moved.asset), '[]'::json)) AS item
    FROM accounts.movements(this.id, $2::timestamptz, $3::timestamptz, NULL) AS moved) AS shown
WHERE this.id = $1::uuid
