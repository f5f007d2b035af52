-- What a screen may filter by, and how.
-- shape: list
-- reads: settings
-- params: limit:int, cursor:text
SELECT json_build_object(
           'field', field,
           'type', type,
           'operators', CASE type WHEN 'number' THEN '{above,at_least,at_most,below}'::text[]
                                  WHEN 'text' THEN '{in,not_in}'::text[]
                                  ELSE '{is}'::text[] END,
           'description', description) AS item,
       field AS cursor
FROM (VALUES ('change_percent', 'number', 'of the price in 24 hours, to the minute'),
             ('currency', 'text', 'that it is counted in'),
             ('mark_price', 'number', 'fed in by the venue'),
             ('price', 'number', 'of the last trade'),
             ('sector', 'text', 'that it belongs to'),
             ('spread', 'number', 'between the best bid and the best ask'),
             ('spread_percent', 'number', 'of the middle between them'),
             ('status', 'text', 'open, halted, cancel_only or closed'),
             ('volatility', 'number', 'standard deviation of the hourly changes in 24 hours, in percent'),
             ('volume', 'number', 'traded in 24 hours, to the hour'),
             ('watched', 'boolean', 'it is on a watchlist of one''s own'))
     AS fields (field, type, description)
WHERE $2::text IS NULL OR field > $2::text
ORDER BY field
LIMIT $1::int
