-- The same as the lines of a document (libs/pdf), with what they come to by asset and currency. Cost
-- basis and gain are of what has a gain; of how much of the proceeds that is not known stands beside.
-- shape: list of one
-- reads: accounts, orders, settings
-- params: caller_account_id:uuid, document_id:uuid, limit:int, cursor:text
SELECT stated.item AS item, stated.cursor AS cursor
FROM accounts.tax_documents this
JOIN accounts.accounts account ON account.id = this.account_id
LEFT JOIN settings.users person ON person.id = account.user_id
CROSS JOIN LATERAL (
    SELECT 0 AS part, head.n, NULL AS cursor, head.item
    FROM (VALUES
        (0, json_build_array('title', CASE this.kind WHEN 'us_1099_b'
                THEN 'Form 1099-B: proceeds of ' ELSE 'Tax statement of ' END
                || extract(year FROM this.period_from AT TIME ZONE 'UTC'))),
        (1, CASE WHEN person.full_name IS NOT NULL
            THEN json_build_array('pair', 'Holder', person.full_name) END),
        (2, json_build_array('pair', 'Account', this.account_id)),
        (3, json_build_array('pair', 'Until', bourse.time(this.period_to))),
        (4, json_build_array('pair', 'Document', this.id || ', version ' || accounts.tax_version(this))),
        (5, json_build_array('pair', 'Position', 'accounts/' || this.partition || '/'
                                                 || this.event_offset)),
        (6, json_build_array('heading', 'By asset')),
        (7, json_build_array('columns', 'Asset', 'Currency', 'Proceeds', 'Gain not known of',
                              'Cost basis', 'Gain')))
        AS head (n, item)
    WHERE $4::text IS NULL AND head.item IS NOT NULL
    UNION ALL
    SELECT 1, row_number() OVER (ORDER BY sold.asset, sold.currency), NULL,
           json_build_array('row', sold.asset, sold.currency, bourse.decimal(sum(sold.proceeds)),
                            bourse.decimal(sum(sold.proceeds) FILTER (WHERE sold.gain IS NULL)),
                            bourse.decimal(sum(sold.basis) FILTER (WHERE sold.gain IS NOT NULL)),
                            bourse.decimal(sum(sold.gain)))
    FROM accounts.lots(this.account_id, this.event_offset) WITH ORDINALITY AS sold (
                asset, quantity, acquired_at, sold_at, proceeds, currency, basis, basis_currency, gain,
                long_term, wash_sale, n)
    WHERE sold.sold_at >= this.period_from AND sold.sold_at < this.period_to
      AND ($4::bigint IS NULL OR sold.n > $4::bigint)
      AND $4::text IS NULL
    GROUP BY sold.asset, sold.currency
    UNION ALL
    SELECT 2, head.n, NULL, head.item
    FROM (VALUES (0, json_build_array('heading', 'Lots, first in, first out')),
                 (1, CASE this.kind WHEN 'us_1099_b'
                     THEN json_build_array('columns', 'Asset', 'Quantity', 'Acquired', 'Sold', 'Proceeds',
                                           'Cost basis', 'Gain', 'Term', 'Wash sale')
                     ELSE json_build_array('columns', 'Asset', 'Quantity', 'Acquired', 'Sold', 'Proceeds',
                                           'Cost basis', 'Gain') END)) AS head (n, item)
    WHERE $4::text IS NULL
    UNION ALL
    SELECT 3, sold.n, sold.n::text,
           CASE this.kind WHEN 'us_1099_b'
           THEN json_build_array('row', sold.asset, bourse.decimal(sold.quantity),
                    (sold.acquired_at AT TIME ZONE 'UTC')::date, (sold.sold_at AT TIME ZONE 'UTC')::date,
                    bourse.decimal(sold.proceeds) || ' ' || sold.currency,
                    bourse.decimal(sold.basis) || ' ' || sold.basis_currency, bourse.decimal(sold.gain),
                    CASE sold.long_term WHEN true THEN 'long' WHEN false THEN 'short' ELSE '' END,
                    CASE sold.wash_sale WHEN true THEN 'yes' WHEN false THEN '' ELSE 'not known' END)
           ELSE json_build_array('row', sold.asset, bourse.decimal(sold.quantity),
                    (sold.acquired_at AT TIME ZONE 'UTC')::date, (sold.sold_at AT TIME ZONE 'UTC')::date,
                    bourse.decimal(sold.proceeds) || ' ' || sold.currency,
                    bourse.decimal(sold.basis) || ' ' || sold.basis_currency, bourse.decimal(sold.gain))
           END
    FROM accounts.lots(this.account_id, this.event_offset) WITH ORDINALITY AS sold (
                asset, quantity, acquired_at, sold_at, proceeds, currency, basis, basis_currency, gain,
                long_term, wash_sale, n)
    WHERE sold.sold_at >= this.period_from AND sold.sold_at < this.period_to
      AND ($4::bigint IS NULL OR sold.n > $4::bigint)) AS stated
WHERE this.id = $2::uuid AND this.account_id = $1::uuid
ORDER BY stated.part, stated.n
LIMIT $3::int
