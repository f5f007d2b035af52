-- Instruments that pass all filters, with what they are filtered by. Volume and volatility are of the
-- hours that began in the last 24.
-- shape: list
-- reads: orders, settings
-- params: caller_user_id:uuid, filters:json, sort:word, limit:int, cursor:text
SELECT json_build_object(
           'symbol', found.symbol,
           'price', bourse.decimal(found.price),
           'mark_price', bourse.decimal(found.mark_price),
           'change_percent', bourse.decimal(found.change_percent),
           'volume', bourse.decimal(found.volume),
           'volatility', bourse.decimal(found.volatility),
           'spread', bourse.decimal(found.spread),
           'spread_percent', bourse.decimal(found.spread_percent),
           'sector', found.sector,
           'currency', found.currency,
           'status', found.status,
           'watched', found.watched) AS item,
       coalesce(found.rank::text, '') || '/' || found.symbol AS cursor
FROM (
    SELECT symbols.symbol, symbols.sector, symbols.currency, symbols.status, symbols.mark_price,
           market_data.last_price AS price, measured.*, day.volume, day.volatility,
           own.watched,
           CASE $3::text WHEN 'price' THEN market_data.last_price
                         WHEN '-price' THEN -market_data.last_price
                         WHEN 'change_percent' THEN measured.change_percent
                         WHEN '-change_percent' THEN -measured.change_percent
                         WHEN 'volume' THEN day.volume
                         WHEN '-volume' THEN -day.volume
                         WHEN 'volatility' THEN day.volatility
                         WHEN '-volatility' THEN -day.volatility
                         WHEN 'spread_percent' THEN measured.spread_percent
                         WHEN '-spread_percent' THEN -measured.spread_percent END AS rank
    FROM orders.symbols
    LEFT JOIN orders.market_data ON market_data.instrument = symbols.symbol
    CROSS JOIN LATERAL (
        SELECT symbols.symbol = ANY (ARRAY(
                   SELECT unnest(watchlists.symbols)
                   FROM settings.watchlists
                   WHERE watchlists.user_id = $1::uuid AND watchlists.deleted_at IS NULL)) AS watched
        ) AS own
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(hour.volume), 0) AS volume,
               round(stddev_samp((hour.close - hour.open) * 100 / hour.open), 4) AS volatility
        FROM orders.candles hour
        WHERE hour.instrument = symbols.symbol AND hour.minutes = 60
          AND hour.start_at >= now() - interval '24 hours') AS day
    JOIN orders.best_prices best ON best.symbol = symbols.symbol
    JOIN orders.day_begins begins ON begins.symbol = symbols.symbol
    CROSS JOIN LATERAL (
        SELECT round((market_data.last_price - begins.from_price) * 100 / begins.from_price, 2)
                   AS change_percent,
               best.ask - best.bid AS spread,
               round((best.ask - best.bid) * 200 / (best.ask + best.bid), 4) AS spread_percent
        ) AS measured
    WHERE settings.passes(symbols.status, $2::json->'status')
      AND settings.passes(symbols.sector, $2::json->'sector')
      AND settings.passes(symbols.currency, $2::json->'currency')
      AND settings.passes(symbols.mark_price, $2::json->'mark_price')
      AND settings.passes(market_data.last_price, $2::json->'price')
      AND settings.passes(day.volume, $2::json->'volume')
      AND settings.passes(day.volatility, $2::json->'volatility')
      AND settings.passes(measured.change_percent, $2::json->'change_percent')
      AND settings.passes(measured.spread, $2::json->'spread')
      AND settings.passes(measured.spread_percent, $2::json->'spread_percent')
      AND ($2::json->>'watched' IS NULL OR own.watched = ($2::json->>'watched')::boolean)) AS found
WHERE $5::text IS NULL
   OR (found.rank IS NULL, coalesce(found.rank, 0), found.symbol) >
      (split_part($5::text, '/', 1) = '',
       coalesce(nullif(split_part($5::text, '/', 1), '')::numeric, 0), split_part($5::text, '/', 2))
ORDER BY found.rank NULLS LAST, found.symbol
LIMIT $4::int
