-- Candles of an instrument, newest first, from its first trade to now. Where nothing traded, one is
-- flat at the close before it. Only minutes and hours are stored: the others are made of them.
-- shape: list of one
-- reads: orders
-- params: symbol:text, interval:word, from:text, to:text, limit:int, cursor:text
WITH asked AS (
    SELECT step, CASE WHEN step < 3600 THEN 1 ELSE 60 END AS minutes
    FROM (VALUES ('1m', 60), ('5m', 300), ('15m', 900), ('1h', 3600), ('4h', 14400),
                 ('1d', 86400)) AS intervals (name, step)
    WHERE name = coalesce($2::text, '1m')
), bounds AS ( -- of the starts, in seconds
    SELECT least(floor(extract(epoch FROM now()) / step) * step,
                 ceil(extract(epoch FROM $4::timestamptz) / step) * step - step,
                 $6::numeric - step)::bigint AS newest,
           greatest(floor(extract(epoch FROM first.start_at) / step) * step,
                    ceil(extract(epoch FROM $3::timestamptz) / step) * step)::bigint AS oldest
    FROM asked
    CROSS JOIN LATERAL (
        SELECT min(start_at) AS start_at
        FROM orders.candles
        WHERE instrument = $1::text AND candles.minutes = asked.minutes) AS first
    WHERE first.start_at IS NOT NULL
), slots AS (
    SELECT start, start = min(start) OVER () AS is_oldest
    FROM asked, bounds,
         generate_series(newest, greatest(oldest, newest - ($5::bigint - 1) * step), -step)
             AS starts (start)
), traded AS (
    SELECT floor(extract(epoch FROM part.start_at) / step)::bigint * step AS start,
           (array_agg(part.open ORDER BY part.start_at))[1] AS open,
           max(part.high) AS high,
           min(part.low) AS low,
           (array_agg(part.close ORDER BY part.start_at DESC))[1] AS close,
           sum(part.volume) AS volume
    FROM asked, orders.candles part
    WHERE part.instrument = $1::text
      AND part.minutes = asked.minutes
      AND part.start_at >= to_timestamp((SELECT min(start) FROM slots))
      AND part.start_at < to_timestamp((SELECT max(start) FROM slots) + step)
    GROUP BY 1
), known AS ( -- the close before the oldest stands in for what it has not itself
    SELECT slots.start, traded.open, traded.high, traded.low, traded.volume,
           coalesce(traded.close, CASE WHEN is_oldest THEN (
               SELECT before.close
               FROM orders.candles before, asked
               WHERE before.instrument = $1::text
                 AND before.minutes = asked.minutes
                 AND before.start_at < to_timestamp(slots.start)
               ORDER BY before.start_at DESC
               LIMIT 1) END) AS close
    FROM slots
    LEFT JOIN traded USING (start)
), runs AS (
    SELECT known.*, count(close) OVER (ORDER BY start) AS run FROM known
), filled AS (
    SELECT start, open, high, low, coalesce(volume, 0) AS volume,
           first_value(close) OVER (PARTITION BY run ORDER BY start) AS close
    FROM runs
)
SELECT CASE WHEN start IS NOT NULL THEN json_build_object(
           'start', bourse.time(to_timestamp(start)),
           'open', bourse.decimal(coalesce(open, close)),
           'high', bourse.decimal(coalesce(high, close)),
           'low', bourse.decimal(coalesce(low, close)),
           'close', bourse.decimal(close),
           'volume', bourse.decimal(volume)) END AS item,
       start::text AS cursor
FROM orders.symbols this
LEFT JOIN filled ON true
WHERE this.symbol = $1::text
ORDER BY start DESC
LIMIT $5::int
