-- desk: what operators publish and answer.
--
-- `place` is what rows are sorted by: their time, then their id. `version` counts from 1 and is the
-- ETag. What is withdrawn keeps its row, which no query shows.

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
    version      bigint NOT NULL,
    withdrawn_at timestamptz,
    place        text GENERATED ALWAYS AS (bourse.place(published_at) || id::text) STORED,
    words        tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', title), 'A') ||
        setweight(to_tsvector('english', coalesce(summary, '')), 'B') ||
        setweight(to_tsvector('english', body), 'C')) STORED
);
CREATE INDEX news_articles_by_time ON news_articles (place) WHERE withdrawn_at IS NULL;
CREATE INDEX news_articles_by_category ON news_articles (category, place) WHERE withdrawn_at IS NULL;
CREATE INDEX news_articles_by_symbol ON news_articles USING gin (symbols) WHERE withdrawn_at IS NULL;
CREATE INDEX news_articles_by_word ON news_articles USING gin (words) WHERE withdrawn_at IS NULL;

-- Articles as everybody is shown them: in lists as `headline`, without their text, alone as `item`.
CREATE VIEW news_items AS
SELECT id, category, symbols, words, published_at, place, version, headline,
       headline || jsonb_build_object('body', body) AS item
FROM news_articles
CROSS JOIN LATERAL (
    SELECT jsonb_build_object(
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

CREATE TABLE economic_events (
    id           uuid PRIMARY KEY,
    country      text NOT NULL, -- ISO 3166, or EU
    name         text NOT NULL,
    importance   text NOT NULL, -- low, medium, high
    scheduled_at timestamptz NOT NULL,
    period       text,
    unit         text,
    actual       numeric(20,8), -- null: not known yet, as the next
    forecast     numeric(20,8),
    previous     numeric(20,8),
    source_url   text,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    version      bigint NOT NULL,
    withdrawn_at timestamptz,
    place        text GENERATED ALWAYS AS (bourse.place(scheduled_at) || id::text) STORED,
    words        tsvector GENERATED ALWAYS AS (to_tsvector('english', name)) STORED
);
CREATE INDEX economic_events_by_time ON economic_events (place) WHERE withdrawn_at IS NULL;
CREATE INDEX economic_events_by_word ON economic_events USING gin (words) WHERE withdrawn_at IS NULL;

CREATE VIEW economic_event_items AS
SELECT id, country, importance, place, words, version,
       json_build_object(
           'id', id,
           'country', country,
           'name', name,
           'importance', importance,
           'scheduled_at', bourse.time(scheduled_at),
           'period', period,
           'unit', unit,
           'actual', bourse.decimal(actual),
           'forecast', bourse.decimal(forecast),
           'previous', bourse.decimal(previous),
           'source_url', source_url,
           'created_at', bourse.time(created_at),
           'updated_at', bourse.time(updated_at),
           'version', version) AS item
FROM economic_events
WHERE withdrawn_at IS NULL;

CREATE TABLE earnings_calendar (
    id                        uuid PRIMARY KEY,
    symbol                    text NOT NULL,
    company                   text NOT NULL,
    fiscal_period             text NOT NULL,
    scheduled_at              timestamptz NOT NULL,
    report_time               text NOT NULL, -- unspecified, before_open, during_trading, after_close
    currency                  text NOT NULL,
    eps_forecast              numeric(20,8), -- per share; null: not known, as the next
    eps_actual                numeric(20,8),
    revenue_forecast_millions numeric(20,8),
    revenue_actual_millions   numeric(20,8),
    created_at                timestamptz NOT NULL,
    updated_at                timestamptz NOT NULL,
    version                   bigint NOT NULL,
    withdrawn_at              timestamptz,
    place                     text GENERATED ALWAYS AS (bourse.place(scheduled_at) || id::text) STORED,
    words                     tsvector GENERATED ALWAYS AS (to_tsvector('simple', company)) STORED
);
CREATE INDEX earnings_by_time ON earnings_calendar (place) WHERE withdrawn_at IS NULL;
CREATE INDEX earnings_by_symbol ON earnings_calendar (symbol, place) WHERE withdrawn_at IS NULL;
CREATE INDEX earnings_by_word ON earnings_calendar USING gin (words) WHERE withdrawn_at IS NULL;

CREATE VIEW earnings_items AS
SELECT id, symbol, place, words, version,
       json_build_object(
           'id', id,
           'symbol', symbol,
           'company', company,
           'fiscal_period', fiscal_period,
           'scheduled_at', bourse.time(scheduled_at),
           'report_time', report_time,
           'currency', currency,
           'eps_forecast', bourse.decimal(eps_forecast),
           'eps_actual', bourse.decimal(eps_actual),
           'revenue_forecast_millions', bourse.decimal(revenue_forecast_millions),
           'revenue_actual_millions', bourse.decimal(revenue_actual_millions),
           'created_at', bourse.time(created_at),
           'updated_at', bourse.time(updated_at),
           'version', version) AS item
FROM earnings_calendar
WHERE withdrawn_at IS NULL;

-- By category, then from the top.
CREATE TABLE faq_items (
    id           uuid PRIMARY KEY,
    category     text NOT NULL,
    question     text NOT NULL,
    answer       text NOT NULL,
    position     bigint NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    version      bigint NOT NULL,
    withdrawn_at timestamptz,
    place        text GENERATED ALWAYS AS (
        category || '/' || lpad(position::text, 10, '0') || '/' || id::text) STORED,
    words        tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', question), 'A') ||
        setweight(to_tsvector('english', answer), 'B')) STORED
);
CREATE INDEX faq_items_by_place ON faq_items (place) WHERE withdrawn_at IS NULL;
CREATE INDEX faq_items_by_category ON faq_items (category, place) WHERE withdrawn_at IS NULL;
CREATE INDEX faq_items_by_word ON faq_items USING gin (words) WHERE withdrawn_at IS NULL;

CREATE VIEW faq_shown AS
SELECT id, category, place, words, version,
       json_build_object(
           'id', id,
           'category', category,
           'question', question,
           'answer', answer,
           'position', position,
           'created_at', bourse.time(created_at),
           'updated_at', bourse.time(updated_at),
           'version', version) AS item
FROM faq_items
WHERE withdrawn_at IS NULL;

-- Conversations with support. Texts are null once their client has been erased. The clock of the
-- resolution stands still from `clock_stopped_at`, while the desk has nothing to do; what is late
-- at the moment is worked out when somebody asks.
CREATE TABLE support_tickets (
    id                    uuid PRIMARY KEY,
    user_id               uuid NOT NULL, -- whose it is
    subject               text,
    category              text NOT NULL,
    status                text NOT NULL, -- open, assigned, waiting, resolved, closed
    priority              text NOT NULL, -- low, normal, high, urgent
    assignee_id           uuid,
    opened_at             timestamptz NOT NULL,
    first_response_due_at timestamptz NOT NULL,
    first_responded_at    timestamptz,
    resolution_due_at     timestamptz NOT NULL,
    clock_stopped_at      timestamptz,
    resolved_at           timestamptz,
    closed_at             timestamptz,
    rating                int, -- 1 to 5
    rating_comment        text,
    messages              int NOT NULL,
    version               bigint NOT NULL,
    updated_at            timestamptz NOT NULL,
    place                 text GENERATED ALWAYS AS (bourse.place(opened_at) || id::text) STORED
);
CREATE INDEX support_tickets_by_client ON support_tickets (user_id, place);
CREATE INDEX support_tickets_by_time ON support_tickets (place);
CREATE INDEX support_tickets_by_status ON support_tickets (status, place);
CREATE INDEX support_tickets_by_assignee ON support_tickets (assignee_id, place);

CREATE TABLE support_messages (
    id         uuid PRIMARY KEY,
    ticket_id  uuid NOT NULL,
    user_id    uuid NOT NULL, -- whose conversation it is
    author_id  uuid NOT NULL,
    by_staff   bool NOT NULL,
    text       text,
    created_at timestamptz NOT NULL,
    number     int NOT NULL   -- in its conversation, from 1
);
CREATE INDEX support_messages_by_ticket ON support_messages (ticket_id, number);
CREATE INDEX support_messages_by_client ON support_messages (user_id);

-- Conversations as their clients are shown them, and what the desk sees beside.
CREATE VIEW support_ticket_items AS
SELECT id, user_id, status, priority, assignee_id, category, opened_at, subject, place, version,
       breached,
       jsonb_build_object(
           'id', id,
           'subject', subject,
           'category', category,
           'status', status,
           'priority', priority,
           'messages', messages,
           'opened_at', bourse.time(opened_at),
           'first_response_due_at', bourse.time(first_response_due_at),
           'first_responded_at', bourse.time(first_responded_at),
           'resolution_due_at', bourse.time(resolution_due_at),
           'resolved_at', bourse.time(resolved_at),
           'closed_at', bourse.time(closed_at),
           'rating', rating,
           'rating_comment', rating_comment,
           'version', version,
           'updated_at', bourse.time(updated_at)) AS item,
       jsonb_build_object(
           'user_id', user_id,
           'assignee_id', assignee_id,
           'clock_stopped_at', bourse.time(clock_stopped_at),
           'first_response_breached', response_breached,
           'resolution_breached', resolution_breached,
           'breached', breached) AS beside
FROM support_tickets
CROSS JOIN LATERAL (
    SELECT coalesce(first_responded_at, clock_stopped_at, now()) > first_response_due_at
               AS response_breached,
           coalesce(clock_stopped_at, now()) > resolution_due_at AS resolution_breached) AS clock
CROSS JOIN LATERAL (SELECT response_breached OR resolution_breached AS breached) AS late;

CREATE VIEW support_message_items AS
SELECT ticket_id, user_id, number,
       json_build_object(
           'id', id,
           'by_staff', by_staff,
           'author_id', author_id,
           'text', text,
           'created_at', bourse.time(created_at)) AS item
FROM support_messages;
