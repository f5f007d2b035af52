-- Categories that have articles, by name. From one the index leads to the next, so it takes as long
-- as there are categories, not articles.
-- shape: list
-- reads: desk
-- params: limit:int, cursor:text
WITH RECURSIVE categories AS (
    (SELECT category, published_at
     FROM desk.news_articles
     WHERE withdrawn_at IS NULL AND ($2::text IS NULL OR category > $2::text)
     ORDER BY category, place
     LIMIT 1)
    UNION ALL
    SELECT next.category, next.published_at
    FROM categories
    CROSS JOIN LATERAL (
        SELECT category, published_at
        FROM desk.news_articles
        WHERE withdrawn_at IS NULL AND category > categories.category
        ORDER BY category, place
        LIMIT 1) AS next
), page AS (
    SELECT category FROM categories LIMIT $1::int
)
SELECT json_build_object(
           'category', page.category,
           'latest_at', bourse.time(latest.published_at),
           'articles_7d', (SELECT count(*)
                           FROM desk.news_articles recent
                           WHERE recent.category = page.category AND recent.withdrawn_at IS NULL
                             AND recent.place >= bourse.place(now() - interval '7 days'))) AS item,
       page.category AS cursor
FROM page
CROSS JOIN LATERAL (
    SELECT published_at
    FROM desk.news_articles
    WHERE category = page.category AND withdrawn_at IS NULL
    ORDER BY place DESC
    LIMIT 1) AS latest
ORDER BY page.category
