-- A tax document of the caller's as CSV: a line for each lot, or part of one, that was sold in its year.
-- What was deposited has no known cost; what was bought for another currency than it was sold for has no
-- gain. Whether it was held for long, and a wash sale, the form 1099-B says.
-- shape: list of one
-- columns: asset,quantity,acquired,sold,proceeds,cost_basis,gain,currency,basis_currency,term,wash_sale
-- reads: accounts, orders
-- params: caller_account_id:uuid, document_id:uuid, limit:int, cursor:text
SELECT stated.item AS item, stated.cursor AS cursor
FROM accounts.tax_documents this
LEFT JOIN LATERAL (
    SELECT sold.n, sold.n::text AS cursor,
           bourse.csv(sold.asset) || ',' || bourse.decimal(sold.quantity) || ','
           || coalesce((sold.acquired_at AT TIME ZONE 'UTC')::date::text, '') || ','
           || (sold.sold_at AT TIME ZONE 'UTC')::date
           || ',' || coalesce(bourse.decimal(sold.proceeds), '')
           || ',' || coalesce(bourse.decimal(sold.basis), '')
           || ',' || coalesce(bourse.decimal(sold.gain), '') || ',' || bourse.csv(sold.currency)
           || ',' || bourse.csv(sold.basis_currency)
           || CASE this.kind WHEN 'us_1099_b'
              THEN CASE sold.long_term WHEN true THEN ',long,' WHEN false THEN ',short,' ELSE ',,' END
                   || coalesce(sold.wash_sale::text, '')
              ELSE ',,' END || E'\r\n' AS item
    FROM accounts.lots(this.account_id, this.event_offset) WITH ORDINALITY AS sold (
                asset, quantity, acquired_at, sold_at, proceeds, currency, basis, basis_currency, gain,
                long_term, wash_sale, n)
    WHERE sold.sold_at >= this.period_from AND sold.sold_at < this.period_to
      AND ($4::bigint IS NULL OR sold.n > $4::bigint)) AS stated ON true
WHERE this.id = $2::uuid AND this.account_id = $1::uuid
ORDER BY stated.n
LIMIT $3::int
