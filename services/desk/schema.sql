-- desk: what operators publish and answer.

-- What is withdrawn keeps its row, for whoever asks the tickets what it was.
CREATE TABLE news_articles (
    id           uuid PRIMARY KEY,
    category     text NOT NULL,
    title        text NOT NULL,
    summary      text,
    body         text NOT NULL,
    source       text, -- whose article it is
    source_url   text,
    symbols      text[] NOT NULL,
    published_at timestamptz NOT NULL, -- as it is dated
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    version      bigint NOT NULL, -- from 1; the ETag
    withdrawn_at timestamptz,
    words        tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', title), 'A') ||
        setweight(to_tsvector('english', coalesce(summary, '')), 'B') ||
        setweight(to_tsvector('english', body), 'C')) STORED
);
CREATE INDEX news_articles_by_time ON news_articles (published_at DESC, id DESC)
    WHERE withdrawn_at IS NULL;
CREATE INDEX news_articles_by_category ON news_articles (category, published_at DESC, id DESC)
    WHERE withdrawn_at IS NULL;
CREATE INDEX news_articles_by_symbol ON news_articles USING gin (symbols) WHERE withdrawn_at IS NULL;
CREATE INDEX news_articles_by_word ON news_articles USING gin (words) WHERE withdrawn_at IS NULL;

-- Articles as everybody is shown them: alone, and in lists without their text.
CREATE VIEW news_items AS
SELECT id, category, symbols, words, published_at, version, headline,
       headline::jsonb || jsonb_build_object('body', body) AS item,
       (extract(epoch FROM published_at) * 1000000)::bigint || '/' || id AS place
FROM news_articles
CROSS JOIN LATERAL (
    SELECT json_build_object(
        'id', id,
        'category', category,
        'title', title,
        'summary', summary,
        'source', source,
        'source_url', source_url,
        'symbols', symbols,
        'published_at', bourse.time(published_at),
        'created_at', bourse.time(created_at),
        'updated_at', bourse.time(updated_at),
        'version', version) AS headline) AS shown
WHERE withdrawn_at IS NULL;
