/* stream_open.c - the begin of a stream: what is asked for, where its client goes on from, and what
 * it is told first. On threads that may wait, until the hub takes over.
 *
 *     open_stream(): a place, then what is asked for --> finish() --> the hub
 *            `-- the ring does not reach back so far --> replay(), in its turn --^
 *
 * Whoever has no place is told so before anything is done for him.
 */
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
    struct work_item work; /* the replay */
    struct exchange *exchange;
    const struct opening_kind *kind;
    struct streams *streams;
    struct stream_subscriber *subscriber;
    bool has_id;
    struct stream_cursor id;       /* where the client goes on from */
    const char *resets;            /* why it cannot, which it is told; NULL: it can */
    int64_t until_ns;              /* when the replay has to be over */
    struct stream_backlog backlog; /* what lies between there and the ring */
    struct buffer first;           /* its first message but that: a snapshot */
    struct buffer message;
};

/* Everybody's stream, or an account's: up to where its client was, and from where it begins on.
 * False: it cannot be, and the exchange was answered. */
struct opening_kind {
    bool (*prepare)(struct opening *opening, struct db *db);
    bool (*complete)(struct opening *opening, struct db *db);
};

static const char GONE[] = "what came since that id is no longer kept, or too much";
static const char CROWDED[] = "too many go on from old ids at the moment";

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

static void begin_anew(struct opening *opening, const char *why)
{
    stream_backlog_free(&opening->backlog);
    opening->has_id = false;
    opening->resets = why;
}

/* Whether the log can have what the id names. */
static bool is_possible(const struct opening *opening)
{
    struct stream_ring *ring = opening->streams->ring;
    const struct stream_cursor *cursor = &opening->subscriber->cursor;
    for (size_t i = 0; i < cursor->count; i++) {
        const struct stream_position *row = &cursor->rows[i];
        if (row->offset > stream_ring_covered(ring, row->service, row->partition).last + AHEAD_MAX)
            return false;
    }
    return true;
}

/* --- beginning -------------------------------------------------------------------------------- */

static void tell_reset(struct opening *opening)
{
    char data[128];
    snprintf(data, sizeof data, "{\"reason\":\"%s\"}", opening->resets);
    stream_tell(opening->subscriber, "reset", text_of(data), &opening->message);
}

static void begin(struct opening *opening)
{
    struct stream_subscriber *subscriber = opening->subscriber;
    size_t buffer_max = (size_t)opening->streams->gateway->config.stream_buffer;
    subscriber->stream = respond_stream(opening->exchange, TEXT(""), "text/event-stream",
                                        buffer_max + opening->first.size);
    subscriber->gone = !http_stream_write(subscriber->stream, TEXT("retry: 2000\n\n"));
    if (opening->resets != NULL)
        tell_reset(opening);
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
    enum err err = streams_admit(opening->streams, &exchange->caller);
    if (err == ERR_DENIED)
        respond_problem(exchange, HTTP_PROBLEM_RATE_LIMITED,
                        TEXT("you have as many streams open as one caller may; end one"), TEXT(""));
    else if (err == ERR_FULL)
        respond_problem(exchange, HTTP_PROBLEM_OVERLOADED,
                        exchange->caller.known
                            ? TEXT("this server has as many streams open as it may; try again")
                            : TEXT("this server has as many streams open as it may for callers "
                                   "who are not signed in; sign in, or try again"),
                        TEXT(""));
    else if (err != OK)
        respond_problem(exchange, HTTP_PROBLEM_OVERLOADED, TEXT("this server is stopping"),
                        TEXT(""));
    return err == OK;
}

static struct opening *opening_new(struct exchange *exchange, const struct opening_kind *kind)
{
    struct opening *opening = calloc(1, sizeof *opening);
    CHECK(opening != NULL);
    opening->exchange = exchange;
    opening->kind = kind;
    opening->streams = exchange->gateway->streams;
    buffer_init(&opening->first, STREAM_DATA_MAX);
    buffer_init(&opening->message, STREAM_MESSAGE_MAX);
    opening->subscriber = calloc(1, sizeof *opening->subscriber);
    CHECK(opening->subscriber != NULL);
    opening->subscriber->source = exchange->caller.source;
    return opening;
}

/* Not its subscriber, which is the hub's by now or gone. */
static void opening_free(struct opening *opening)
{
    stream_backlog_free(&opening->backlog);
    buffer_free(&opening->first);
    buffer_free(&opening->message);
    free(opening);
}

/* The exchange was answered otherwise: there will be no stream. */
static void give_up(struct opening *opening)
{
    streams_leave(opening->streams, opening->subscriber->source);
    stream_subscriber_free(opening->subscriber);
    opening_free(opening);
}

static void finish(struct opening *opening, struct db *db)
{
    if (!opening->kind->complete(opening, db)) {
        give_up(opening);
        return;
    }
    begin(opening);
    hand_over(opening);
    opening_free(opening);
}

/* In its turn: what the log has and the ring has no more. */
static void replay(struct work_item *item, struct db *db)
{
    struct opening *opening = (struct opening *)(void *)item;
    struct streams *streams = opening->streams;
    uint64_t source = opening->subscriber->source;
    enum err err =
        stream_replay(streams, opening->subscriber, opening->until_ns, &opening->backlog);
    if (err == ERR_NOT_FOUND)
        begin_anew(opening, GONE);
    if (err == OK || err == ERR_NOT_FOUND) {
        finish(opening, db);
    } else { /* nobody can say at the moment */
        respond_err(opening->exchange, err);
        give_up(opening);
    }
    quota_give_back(streams->replaying, source);
}

/* False: too many wait for that. */
static bool replay_later(struct opening *opening)
{
    struct streams *streams = opening->streams;
    uint64_t source = opening->subscriber->source;
    if (quota_take(streams->replaying, source, opening->exchange->caller.known) != QUOTA_TAKEN)
        return false;
    opening->until_ns = gateway_now_ns() + STREAM_REPLAY_MS * INT64_C(1000000);
    opening->work.run = replay;
    if (work_submit(streams->replays, &opening->work))
        return true;
    quota_give_back(streams->replaying, source);
    return false;
}

static void go_on_from_id(struct opening *opening, struct db *db)
{
    bool covered = stream_is_covered(opening->subscriber, opening->streams->ring);
    if (!is_possible(opening))
        begin_anew(opening, GONE);
    else if (!covered && replay_later(opening))
        return;
    else if (!covered)
        begin_anew(opening, CROWDED);
    finish(opening, db);
}

static void open_stream(struct exchange *exchange, struct db *db, const struct opening_kind *kind)
{
    struct opening *opening = opening_new(exchange, kind);
    if (!read_id(opening) || !admit(opening)) {
        stream_subscriber_free(opening->subscriber);
        opening_free(opening);
    } else if (!kind->prepare(opening, db)) {
        give_up(opening);
    } else if (opening->has_id) {
        go_on_from_id(opening, db);
    } else {
        finish(opening, db);
    }
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
    return true;
}

static bool complete_market(struct opening *opening, struct db *db)
{
    (void)db;
    begin_rows(opening);
    return true;
}

static void open_market(struct exchange *exchange, struct db *db)
{
    static const struct opening_kind KIND = {prepare_market, complete_market};
    open_stream(exchange, db, &KIND);
}

void handle_market_stream(struct exchange *exchange)
{
    exchange_resume(exchange, exchange->gateway->streams->work, open_market);
}

/* --- an account's ----------------------------------------------------------------------------- */

static enum err take_snapshot(struct opening *opening, const struct buffer *balances)
{
    if (!stream_is_covered(opening->subscriber, opening->streams->ring))
        return ERR_BUSY; /* the projections are far behind */
    stream_account_snapshot(opening->subscriber->account, buffer_as_text(balances),
                            &opening->first);
    return buffer_ok(&opening->first) ? OK : ERR_RANGE;
}

/* The account, and the cursor behind what is in it. Without an id, what is told of it first, too.
 */
static enum err load(struct opening *opening, struct db *db)
{
    struct stream_subscriber *subscriber = opening->subscriber;
    struct uuid account_id = opening->exchange->caller.claims.account_id;
    stream_account_free(subscriber->account);
    subscriber->account = stream_account_new(account_id, opening->exchange->caller.claims.user_id);
    struct buffer balances;
    buffer_init(&balances, BALANCES_SIZE_MAX);
    enum err err = stream_load_account(db, account_id, opening->has_id ? &opening->id : NULL,
                                       &subscriber->cursor, subscriber->account, &balances);
    for (size_t i = 0; i < subscriber->cursor.count; i++)
        subscriber->loaded[i] = subscriber->cursor.rows[i].offset;
    if (err == OK && !opening->has_id)
        err = take_snapshot(opening, &balances);
    buffer_free(&balances);
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

static bool answered(struct opening *opening, struct db *db, enum err err)
{
    if (err == OK)
        return false;
    log_warn("streams.not_loaded", LOG_ERR(err), LOG_STR("reason", db_error_text(db)));
    respond_err(opening->exchange, err);
    return true;
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
    if (opening->has_id && !names_all(opening))
        begin_anew(opening, GONE);
    if (!opening->has_id)
        return true;
    enum err err = load(opening, db);
    if (err == OK)
        go_on(opening);
    return !answered(opening, db, err);
}

/* With an id: from there on. Without one, or with one that cannot be gone on from: what is open and
 * what there is, then what comes. */
static bool complete_account(struct opening *opening, struct db *db)
{
    return opening->has_id || !answered(opening, db, load(opening, db));
}

static void open_own(struct exchange *exchange, struct db *db)
{
    static const struct opening_kind KIND = {prepare_account, complete_account};
    open_stream(exchange, db, &KIND);
}

void handle_own_stream(struct exchange *exchange)
{
    if (uuid_is_nil(exchange->caller.claims.account_id))
        respond_problem(exchange, HTTP_PROBLEM_FORBIDDEN, TEXT("you have no account"), TEXT(""));
    else
        exchange_resume(exchange, exchange->gateway->streams->work, open_own);
}
