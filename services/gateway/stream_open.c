/* stream_open.c - the begin of a stream: what is asked for, where its client goes on from, and what
 * it is told first. On a thread that may wait, until the hub takes over. */
#include "db/db.h"
#include "gateway/handlers.h"
#include "gateway/respond.h"
#include "gateway/stream_hub.h"
#include "gateway/stream_load.h"
#include "gateway/stream_replay.h"
#include "log/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    AHEAD_MAX = 10000, /* events that another gateway may have read and this one not yet */
    BALANCES_SIZE_MAX = 1 << 20,
};

/* A stream that is being begun. */
struct opening {
    struct exchange *exchange;
    struct streams *streams;
    struct stream_subscriber *subscriber;
    bool has_id;
    struct stream_cursor id;       /* where the client goes on from */
    bool resets;                   /* it cannot, and is told so */
    struct stream_backlog backlog; /* what lies between there and the ring */
    struct buffer first;           /* its first message but that: a snapshot */
    struct buffer message;
};

/* --- what is asked for ------------------------------------------------------------------------ */

static struct text parameter(const struct exchange *exchange, const char *name)
{
    const struct json_value *member = json_value_member(exchange->input.parameters, name);
    return member != NULL && member->kind == JSON_STRING ? member->text : TEXT("");
}

/* The id of the last message that the client had, by the header that browsers send, or by a
 * parameter. False: it is none, and the exchange was answered. */
static bool read_id(struct opening *opening)
{
    struct exchange *exchange = opening->exchange;
    struct text id = http_request_header(exchange->request, "Last-Event-ID");
    struct text asked = parameter(exchange, "last_event_id");
    id = asked.size > 0 ? asked : id;
    opening->has_id = id.size > 0;
    if (id.size == 0 || stream_cursor_parse(id, &opening->id) == OK)
        return true;
    respond_problem(exchange, HTTP_PROBLEM_VALIDATION_FAILED,
                    TEXT("send the id as it was received, or none"),
                    asked.size > 0 ? TEXT("last_event_id") : TEXT("Last-Event-ID"));
    return false;
}

static uint32_t channels_of(struct text names)
{
    static const char *const NAMES[] = {"book", "trades", "quotes"};
    uint32_t channels = 0;
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (memmem(names.data, names.size, NAMES[i], strlen(NAMES[i])) != NULL)
            channels |= UINT32_C(1) << i;
    }
    return channels;
}

static void add_link(struct stream_subscriber *subscriber, struct text symbol)
{
    struct stream_link *link = &subscriber->links[subscriber->links_count++];
    CHECK(symbol.size < sizeof link->symbol);
    link->subscriber = subscriber;
    memcpy(link->symbol, symbol.data, symbol.size);
}

static size_t names_in(struct text list)
{
    size_t count = list.size > 0;
    for (size_t i = 0; i < list.size; i++)
        count += list.data[i] == ',';
    return count;
}

/* The instruments named, or all. False: not all of them exist, or are too many, and the exchange
 * was answered. */
static bool read_symbols(struct opening *opening, struct db *db)
{
    static const char SQL[] =
        "SELECT symbol FROM orders.symbols "
        "WHERE $1::text IS NULL OR symbol = ANY (string_to_array($1::text, ',')) ORDER BY symbol";
    struct exchange *exchange = opening->exchange;
    struct text named = parameter(exchange, "symbols");
    AUTO_DB_RESULT rows = {0};
    enum err err = db_connect(db);
    if (err == OK)
        err = db_query(db, SQL, DB_PARAMS(named.size > 0 ? db_text(named) : db_null()), &rows);
    if (err != OK) {
        log_warn("streams.no_symbols", LOG_ERR(err), LOG_STR("reason", db_error_text(db)));
        respond_err(exchange, err);
        return false;
    }
    size_t count = db_rows(&rows);
    if (count < names_in(named) || count == 0 || count > STREAM_SYMBOLS_MAX) {
        respond_problem(exchange, HTTP_PROBLEM_VALIDATION_FAILED,
                        arena_printf(exchange->arena,
                                     "name instruments that there are, each once, at most %d",
                                     STREAM_SYMBOLS_MAX),
                        TEXT("symbols"));
        return false;
    }
    opening->subscriber->links = calloc(count, sizeof opening->subscriber->links[0]);
    CHECK(opening->subscriber->links != NULL);
    for (size_t i = 0; i < count; i++)
        add_link(opening->subscriber, db_get_text(&rows, i, 0));
    return true;
}

/* --- where it goes on ------------------------------------------------------------------------- */

static void add_row(struct opening *opening, enum service_id service, int32_t partition)
{
    struct stream_cursor *cursor = &opening->subscriber->cursor;
    if (stream_cursor_at(cursor, service, partition) == NULL)
        stream_cursor_add(cursor, service, partition, -1);
}

/* Moves the subscriber to where its client was; -1 in a partition that the id does not name. */
static void go_on(struct opening *opening)
{
    struct stream_cursor *cursor = &opening->subscriber->cursor;
    for (size_t i = 0; i < cursor->count; i++) {
        struct stream_position *row = &cursor->rows[i];
        const struct stream_position *known =
            stream_cursor_at(&opening->id, row->service, row->partition);
        row->offset = known != NULL ? known->offset : -1;
        row->messages = known != NULL ? known->messages : 0;
    }
}

/* Gets what came since. ERR_NOT_FOUND: it is more than is kept, or the log cannot have the id. */
static enum err collect(struct opening *opening)
{
    struct stream_ring *ring = opening->streams->ring;
    const struct stream_cursor *cursor = &opening->subscriber->cursor;
    for (size_t i = 0; i < cursor->count; i++) {
        const struct stream_position *row = &cursor->rows[i];
        if (row->offset > stream_ring_covered(ring, row->service, row->partition).last + AHEAD_MAX)
            return ERR_NOT_FOUND;
    }
    return stream_replay(opening->streams, opening->subscriber, &opening->backlog);
}

/* Whether the client can be told all since its id, which is then collected. Where not, it begins
 * anew. An error: nobody can say at the moment. */
static enum err decide_where(struct opening *opening)
{
    enum err err = opening->has_id ? collect(opening) : OK;
    if (err != ERR_NOT_FOUND)
        return err;
    stream_backlog_free(&opening->backlog);
    opening->has_id = false;
    opening->resets = true;
    return OK;
}

/* --- beginning -------------------------------------------------------------------------------- */

static void begin(struct opening *opening)
{
    struct stream_subscriber *subscriber = opening->subscriber;
    size_t buffer_max = (size_t)opening->streams->gateway->config.stream_buffer;
    subscriber->stream = respond_stream(opening->exchange, TEXT(""), "text/event-stream",
                                        buffer_max + opening->first.size);
    subscriber->gone = !http_stream_write(subscriber->stream, TEXT("retry: 2000\n\n"));
    if (opening->resets)
        stream_tell(subscriber, "reset",
                    TEXT("{\"reason\":\"what came since that id is no longer kept\"}"),
                    &opening->message);
    if (opening->first.size > 0)
        stream_tell(subscriber, "snapshot", buffer_as_text(&opening->first), &opening->message);
}

/* What the log and the ring have, then the hub's part: little is left for it to catch up with. */
static void hand_over(struct opening *opening)
{
    struct streams *streams = opening->streams;
    struct stream_subscriber *subscriber = opening->subscriber;
    struct arena *arena = arena_new(STREAM_ARENA_SIZE);
    enum err err = OK;
    for (size_t i = 0; i < opening->backlog.count && err == OK; i++)
        err = stream_tell_record(subscriber, opening->backlog.records[i], arena, &opening->message);
    if (err == OK && opening->has_id)
        err = stream_tell_ring(subscriber, streams->ring, stream_ring_now(streams->ring, NULL),
                               arena, &opening->message);
    arena_free(arena);
    if (err == OK) {
        streams_join(streams, subscriber);
        return;
    }
    streams_leave(streams, subscriber->source); /* its client comes back by its id */
    stream_subscriber_free(subscriber);
}

/* False: there is no place for it, and the exchange was answered. */
static bool admit(struct opening *opening)
{
    struct exchange *exchange = opening->exchange;
    enum err err = streams_admit(opening->streams, exchange->caller.source);
    opening->subscriber->source = exchange->caller.source;
    if (err == ERR_FULL)
        respond_problem(exchange, HTTP_PROBLEM_RATE_LIMITED,
                        TEXT("you have as many streams open as one caller may; end one"), TEXT(""));
    else if (err != OK)
        respond_problem(exchange, HTTP_PROBLEM_OVERLOADED, TEXT("this server is stopping"),
                        TEXT(""));
    return err == OK;
}

static void open_stream(struct exchange *exchange, struct db *db,
                        bool (*prepare)(struct opening *opening, struct db *db))
{
    struct opening opening = {.exchange = exchange, .streams = exchange->gateway->streams};
    buffer_init(&opening.first, STREAM_DATA_MAX);
    buffer_init(&opening.message, STREAM_MESSAGE_MAX);
    opening.subscriber = calloc(1, sizeof *opening.subscriber);
    CHECK(opening.subscriber != NULL);
    if (read_id(&opening) && prepare(&opening, db) && admit(&opening)) {
        begin(&opening);
        hand_over(&opening);
    } else {
        stream_subscriber_free(opening.subscriber);
    }
    stream_backlog_free(&opening.backlog);
    buffer_free(&opening.first);
    buffer_free(&opening.message);
}

/* --- everybody's ------------------------------------------------------------------------------ */

/* What the id does not name begins now; without an id all does, when the hub takes over. */
static void begin_rows(struct opening *opening)
{
    struct stream_cursor *cursor = &opening->subscriber->cursor;
    for (size_t i = 0; i < cursor->count; i++) {
        struct stream_position *row = &cursor->rows[i];
        if (!opening->has_id)
            row->offset = -1;
        else if (row->offset < 0)
            row->offset =
                stream_ring_covered(opening->streams->ring, row->service, row->partition).last;
    }
}

static bool prepare_market(struct opening *opening, struct db *db)
{
    struct stream_subscriber *subscriber = opening->subscriber;
    subscriber->channels = channels_of(parameter(opening->exchange, "channels"));
    if (!read_symbols(opening, db))
        return false;
    for (size_t i = 0; i < subscriber->links_count; i++)
        add_row(opening, SERVICE_ORDERS,
                place_partition(&opening->exchange->gateway->place, SERVICE_ORDERS,
                                text_of(subscriber->links[i].symbol)));
    go_on(opening);
    enum err err = decide_where(opening);
    if (err != OK) {
        respond_err(opening->exchange, err);
        return false;
    }
    begin_rows(opening);
    return true;
}

static void open_market(struct exchange *exchange, struct db *db)
{
    open_stream(exchange, db, prepare_market);
}

void handle_market_stream(struct exchange *exchange)
{
    exchange_resume(exchange, exchange->gateway->streams->work, open_market);
}

/* --- an account's ----------------------------------------------------------------------------- */

static enum err load(struct opening *opening, struct db *db, struct buffer *balances)
{
    struct stream_subscriber *subscriber = opening->subscriber;
    struct uuid account_id = opening->exchange->caller.claims.account_id;
    stream_account_free(subscriber->account);
    subscriber->account = stream_account_new(account_id, opening->exchange->caller.claims.user_id);
    buffer_reset(balances);
    enum err err = stream_load_account(db, account_id, opening->has_id ? &opening->id : NULL,
                                       &subscriber->cursor, subscriber->account, balances);
    for (size_t i = 0; i < subscriber->cursor.count; i++)
        subscriber->loaded[i] = subscriber->cursor.rows[i].offset;
    return err;
}

/* Whether the id names all partitions that an account's stream depends on. */
static bool names_all(struct opening *opening)
{
    const struct stream_cursor *cursor = &opening->subscriber->cursor;
    for (size_t i = 0; i < cursor->count; i++) {
        if (stream_cursor_at(&opening->id, cursor->rows[i].service, cursor->rows[i].partition) ==
            NULL)
            return false;
    }
    return true;
}

/* With an id: from there on. Without one, or with one that cannot be gone on from: what is open and
 * what there is, then what comes. */
static enum err begin_account(struct opening *opening, struct db *db, struct buffer *balances)
{
    opening->resets = opening->has_id && !names_all(opening);
    opening->has_id = opening->has_id && !opening->resets;
    enum err err = load(opening, db, balances);
    if (err == OK && opening->has_id) {
        go_on(opening);
        err = decide_where(opening);
        if (err != OK || opening->has_id)
            return err;
        err = load(opening, db, balances);
    }
    if (err == OK && !stream_is_covered(opening->subscriber, opening->streams->ring))
        err = ERR_BUSY; /* the projections are far behind */
    if (err == OK)
        stream_account_snapshot(opening->subscriber->account, buffer_as_text(balances),
                                &opening->first);
    return err == OK && !buffer_ok(&opening->first) ? ERR_RANGE : err;
}

static bool prepare_account(struct opening *opening, struct db *db)
{
    struct exchange *exchange = opening->exchange;
    const struct place *place = &exchange->gateway->place;
    struct uuid account_id = exchange->caller.claims.account_id;
    for (int32_t p = 0; p < place->partition_counts[SERVICE_ORDERS]; p++)
        add_row(opening, SERVICE_ORDERS, p);
    add_row(opening, SERVICE_ACCOUNTS, place_partition_of_id(place, SERVICE_ACCOUNTS, account_id));
    add_row(opening, SERVICE_SETTINGS,
            place_partition_of_id(place, SERVICE_SETTINGS, exchange->caller.claims.user_id));
    opening->subscriber->expires_at_us = exchange->caller.claims.expires_at_us;
    opening->subscriber->session_id = exchange->caller.claims.session_id;
    struct buffer balances;
    buffer_init(&balances, BALANCES_SIZE_MAX);
    enum err err = begin_account(opening, db, &balances);
    buffer_free(&balances);
    if (err == OK)
        return true;
    log_warn("streams.not_loaded", LOG_ERR(err), LOG_STR("reason", db_error_text(db)));
    respond_err(exchange, err);
    return false;
}

static void open_own(struct exchange *exchange, struct db *db)
{
    open_stream(exchange, db, prepare_account);
}

void handle_own_stream(struct exchange *exchange)
{
    if (uuid_is_nil(exchange->caller.claims.account_id))
        respond_problem(exchange, HTTP_PROBLEM_FORBIDDEN, TEXT("you have no account"), TEXT(""));
    else
        exchange_resume(exchange, exchange->gateway->streams->work, open_own);
}
