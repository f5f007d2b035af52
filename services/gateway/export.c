#include "gateway/export.h"

#include "db/db.h"
#include "gateway/document.h"
#include "gateway/read.h"
#include "gateway/respond.h"
#include "gateway/tracing.h"
#include "log/log.h"

#include <string.h>

enum { PAGE_SIZE_MAX = 4 << 20 };

struct export
{
    struct query_pages *pages;
    struct http_stream *stream;
    bool more;
};

static enum err next_page(struct exchange *exchange, struct db *db, struct buffer *page)
{
    struct export *export = exchange->extra;
    return query_pages_next(export->pages, db, page, &export->more);
}

static void go_on(struct exchange *exchange, struct db *db);

static void run(struct work_item *item, struct db *db)
{
    go_on(EXCHANGE_OF(item, work), db);
}

/* The reader has taken all there was, or is gone: which the next write finds out. */
static void reader_is_ready(void *context)
{
    struct exchange *exchange = context;
    struct export *export = exchange->extra;
    exchange->work.run = run;
    exchange->work.needed = true;
    if (!work_submit(exchange->gateway->work, &exchange->work))
        http_stream_abandon(export->stream);
}

/* Gives the exchange up, to the reader or for good. */
static void tell(struct exchange *exchange, struct text page)
{
    struct export *export = exchange->extra;
    if (!http_stream_write(export->stream, page))
        http_stream_abandon(export->stream);
    else if (export->more)
        http_stream_await(export->stream, reader_is_ready, exchange);
    else
        http_stream_end(export->stream);
}

static void go_on(struct exchange *exchange, struct db *db)
{
    struct export *export = exchange->extra;
    if (!http_stream_write(export->stream, TEXT(""))) {
        http_stream_abandon(export->stream); /* nobody reads any more */
        return;
    }
    struct buffer page;
    buffer_init(&page, PAGE_SIZE_MAX);
    enum err err = next_page(exchange, db, &page);
    if (err == OK) {
        tell(exchange, buffer_as_text(&page));
    } else {
        log_warn("export.failed", LOG_TRACE(exchange),
                 LOG_TEXT("operation", exchange->operation->id), LOG_ERR(err),
                 LOG_STR("reason", db_error_text(db)));
        http_stream_abandon(export->stream);
    }
    buffer_free(&page);
}

static void export_csv(struct exchange *exchange, struct db *db)
{
    const struct operation *operation = exchange->operation;
    struct export *export = ARENA_NEW(exchange->arena, struct export, 1);
    exchange->extra = export;
    struct buffer page;
    struct text wrong;
    buffer_init(&page, PAGE_SIZE_MAX);
    buffer_text(&page, operation->query->columns);
    progress_shown(exchange->gateway->progress, operation->query->reads, &exchange->read_at);
    enum err err = query_pages_begin(operation->query, read_values(exchange), exchange->arena,
                                     &export->pages, &wrong);
    if (err == OK)
        err = next_page(exchange, db, &page);
    if (err == OK) {
        export->stream = respond_stream(exchange, operation->file,
                                        "text/csv; charset=utf-8; header=present", PAGE_SIZE_MAX);
        tell(exchange, buffer_as_text(&page));
    } else {
        read_failed(exchange, db, err, wrong);
    }
    buffer_free(&page);
}

/* Which of both the client asked for first; a document where it did not say. */
static bool wants_csv(struct exchange *exchange)
{
    struct text accept = http_request_header(exchange->request, "Accept");
    struct text at = arena_text(exchange->arena, accept); /* with a zero behind it */
    const char *csv = strcasestr(at.data, "text/csv");
    const char *pdf = strcasestr(at.data, "application/pdf");
    return csv != NULL && (pdf == NULL || csv < pdf);
}

void export_begin(struct exchange *exchange, struct db *db)
{
    if (exchange->operation->document != NULL && !wants_csv(exchange))
        document_respond(exchange, db);
    else
        export_csv(exchange, db);
}
