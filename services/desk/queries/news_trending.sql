-- What is being written about: of the newest 500 articles of seven days those whose symbols most of
-- the others name, the older the less: (others + 1) / (hours + 2)^1.5. Who reads what is not logged,
-- so it counts for nothing.
-- shape: list
-- reads: desk
-- params: limit:int, cursor:text
WITH recent AS (
    SELECT id, symbols, published_at, place, headline
    FROM desk.news_items
    WHERE place >= bourse.place(now() - interval '7 days')
    ORDER BY place DESC
    LIMIT 500
), named AS (
    SELECT DISTINCT id, unnest(symbols) AS symbol FROM recent
), others AS (
    SELECT named.id, count(DISTINCT other.id) AS others
    FROM named
    JOIN named other ON other.symbol = named.symbol AND other.id <> named.id
    GROUP BY named.id
), ranked AS (
    SELECT recent.headline,
           row_number() OVER (ORDER BY (coalesce(others, 0) + 1) /
                   (extract(epoch FROM now() - published_at) / 3600 + 2) ^ 1.5 DESC,
               place DESC) AS rank
    FROM recent
    LEFT JOIN others ON others.id = recent.id
)
SELECT headline AS item, rank::text AS cursor
FROM ranked
WHERE $2::text IS NULL OR rank > $2::bigint
ORDER BY rank
LIMIT $1::int
