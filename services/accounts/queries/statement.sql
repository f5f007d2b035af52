-- One statement of the caller's: per asset opening + the net of all movements = closing.
-- shape: one
-- reads: accounts
-- params: caller_account_id:uuid, statement_id:uuid
SELECT accounts.statement_item(this) || jsonb_build_object('assets', coalesce(stated.assets, '[]')) AS item,
       this.id AS etag
FROM accounts.account_statements this
CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
               'asset', moved.asset,
               'opening', bourse.decimal(moved.opening),
               'closing', bourse.decimal(moved.closing),
               'movements', moved.kinds,
               'total_when_issued', bourse.decimal(coalesce((this.totals ->> moved.asset)::numeric, 0)))
               ORDER BY moved.asset) AS assets
    FROM accounts.movements(this.account_id, this.period_from, this.period_to, this.event_offset)
        AS moved) AS stated
WHERE this.id = $2::uuid AND this.account_id = $1::uuid
