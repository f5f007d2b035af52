#include "desk/project.h"

extern const char desk_schema_sql[]; /* schema.sql */

enum { NEWS, NEWS_WITHDRAWN };

static const struct projection_statement STATEMENTS[] = {
    [NEWS] = {.table = "news_articles",
              .kind = PROJECTION_UPSERT,
              .key_columns = 1,
              .columns = {{"id", COLUMN_UUID},
                          {"category", COLUMN_TEXT},
                          {"title", COLUMN_TEXT},
                          {"summary", COLUMN_TEXT},
                          {"body", COLUMN_TEXT},
                          {"source", COLUMN_TEXT},
                          {"source_url", COLUMN_TEXT},
                          {"symbols", COLUMN_TEXTS},
                          {"published_at", COLUMN_TIME},
                          {"created_at", COLUMN_TIME, MERGE_FIRST},
                          {"updated_at", COLUMN_TIME},
                          {"version", COLUMN_BIGINT}}},
    [NEWS_WITHDRAWN] = {.table = "news_articles",
                        .kind = PROJECTION_UPDATE,
                        .key_columns = 1,
                        .columns = {{"id", COLUMN_UUID}, {"withdrawn_at", COLUMN_TIME}}},
};

/* What is shown instead of the document of that kind, once it is withdrawn. */
static const int WITHDRAWN[] = {
    [DOCUMENT_KIND_NEWS] = NEWS_WITHDRAWN,
};

static void project_news(const struct news_published *news, struct rows *rows)
{
    rows_begin(rows, NEWS);
    rows_uuid(rows, news->id);
    rows_text(rows, news->category);
    rows_text(rows, news->title);
    rows_text_or_null(rows, news->has_summary, news->summary);
    rows_text(rows, news->body);
    rows_text_or_null(rows, news->has_source, news->source);
    rows_text_or_null(rows, news->has_source_url, news->source_url);
    rows_texts(rows, news->symbols, news->symbols_count);
    rows_time(rows, news->published_at);
    rows_time(rows, news->changed_at);
    rows_time(rows, news->changed_at);
    rows_int(rows, news->version);
}

static void project_withdrawn(const struct document_withdrawn *withdrawn, struct rows *rows)
{
    rows_begin(rows, WITHDRAWN[withdrawn->kind]);
    rows_uuid(rows, withdrawn->id);
    rows_time(rows, withdrawn->withdrawn_at);
}

static void project(const struct event *event, struct rows *rows)
{
    if (event->kind == EVENT_NEWS_PUBLISHED)
        project_news(&event->news_published, rows);
    else if (event->kind == EVENT_DOCUMENT_WITHDRAWN)
        project_withdrawn(&event->document_withdrawn, rows);
}

const struct projection DESK_PROJECTION = {
    .schema = "desk",
    .schema_sql = desk_schema_sql,
    .statements = STATEMENTS,
    .statements_count = COUNT_OF(STATEMENTS),
    .project = project,
};
