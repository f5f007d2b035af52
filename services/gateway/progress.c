#include "gateway/progress.h"

#include "db/db.h"
#include "eventlog/follower.h"
#include "log/log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOOK_MS = 20, RECONNECT_MS = 500, STATEMENT_TIMEOUT_MS = 10000 };

struct progress {
    struct db *db;
    int32_t counts[SERVICES];
    int32_t first[SERVICES]; /* partitions of the services before */
    int32_t total;           /* partitions of all */
    pthread_t thread;
    atomic_bool stopping;
    atomic_bool connected;
    pthread_mutex_t lock;
    struct waiter *waiters; /* locked, as the next */
    int64_t *offsets;       /* [projection's partition][source's partition] */
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* --- the table of offsets (locked) ------------------------------------------------------------ */

/* NULL: there are no such partitions. */
static int64_t *cell(struct progress *progress, struct shown_position position)
{
    if (position.partition < 0 || position.partition >= progress->counts[position.service] ||
        position.source_partition < 0 ||
        position.source_partition >= progress->counts[position.source])
        return NULL;
    int32_t row = progress->first[position.service] + position.partition;
    int32_t column = progress->first[position.source] + position.source_partition;
    return &progress->offsets[row * progress->total + column];
}

static struct shown_position own_events(enum service_id service, int32_t partition)
{
    struct shown_position own = {.service = (uint8_t)service, .source = (uint8_t)service};
    own.partition = own.source_partition = (int16_t)partition;
    return own;
}

static bool has_heads(struct progress *progress, const int64_t *heads)
{
    for (int i = 0; i < SERVICES && heads != NULL; i++) {
        for (int32_t p = 0; p < progress->counts[i]; p++) {
            if (*cell(progress, own_events((enum service_id)i, p)) < *heads++)
                return false;
        }
    }
    return true;
}

static bool has(void *context, const struct waiter *waiter)
{
    struct progress *progress = context;
    if (!has_heads(progress, waiter->heads))
        return false;
    for (size_t i = 0; i < waiter->shown->count; i++) {
        struct shown_position position = waiter->shown->rows[i];
        const int64_t *offset = cell(progress, position);
        if ((waiter->services >> position.service & 1) == 0 || offset == NULL)
            continue;
        if (waiter->any_further && *offset > position.offset)
            return true;
        if (!waiter->any_further && *offset < position.offset)
            return false;
    }
    return !waiter->any_further;
}

/* Takes out and tells those who have what they ask, and those whose time is over. */
static void serve_waiters(struct progress *progress)
{
    pthread_mutex_lock(&progress->lock);
    int64_t now = progress->stopping ? INT64_MAX : now_ns();
    struct waiters taken = waiters_take(&progress->waiters, has, progress, now);
    pthread_mutex_unlock(&progress->lock);
    waiters_tell(taken);
}

/* --- what the projectors say ------------------------------------------------------------------ */

/* The piece before `separator`, or all of it; moves `rest` behind it. */
static struct text cut(struct text *rest, char separator)
{
    const char *at = rest->size > 0 ? memchr(rest->data, separator, rest->size) : NULL;
    struct text piece = *rest;
    if (at == NULL) {
        *rest = (struct text){.data = rest->data + rest->size};
        return piece;
    }
    piece.size = (size_t)(at - rest->data);
    *rest = (struct text){.data = at + 1, .size = rest->size - piece.size - 1};
    return piece;
}

static int64_t number_of(struct text text)
{
    char digits[24] = "";
    if (text.size > 0 && text.size < sizeof digits)
        memcpy(digits, text.data, text.size);
    return strtoll(digits, NULL, 10);
}

/* "accounts/0": false where it is none of ours. */
static bool read_projection(struct text text, struct shown_position *ret_position)
{
    enum service_id service;
    struct text name = cut(&text, '/');
    if (service_named(name, &service) != OK)
        return false;
    ret_position->service = (uint8_t)service;
    ret_position->partition = (int16_t)number_of(text);
    return true;
}

/* "bourse.orders.events/0": false for commands and the clock, which nobody waits for. */
static bool read_source(struct text text, struct shown_position *ret_position)
{
    enum service_id service;
    struct text topic = cut(&text, '/');
    if (follower_topic_service(topic, &service) != OK)
        return false;
    ret_position->source = (uint8_t)service;
    ret_position->source_partition = (int16_t)number_of(text);
    return true;
}

static void move(struct progress *progress, struct shown_position position, bool exactly)
{
    pthread_mutex_lock(&progress->lock);
    int64_t *offset = cell(progress, position);
    if (offset != NULL && (exactly || *offset < position.offset))
        *offset = position.offset;
    pthread_mutex_unlock(&progress->lock);
}

/* "accounts/0 bourse.accounts.events/0:55 bourse.orders.events/0:77", one a line. */
static void take_payload(struct progress *progress, struct text payload)
{
    while (payload.size > 0) {
        struct text line = cut(&payload, '\n');
        struct shown_position position = {0};
        if (!read_projection(cut(&line, ' '), &position))
            continue;
        while (line.size > 0) {
            struct text entry = cut(&line, ' ');
            struct text source = cut(&entry, ':');
            position.offset = number_of(entry);
            if (read_source(source, &position))
                move(progress, position, false);
        }
    }
}

static enum err read_table(struct progress *progress)
{
    static const char SQL[] =
        "SELECT service || '/' || partition, "
        "       'bourse.' || service || '.events/' || partition, next_offset - 1 "
        "FROM bourse.positions "
        "UNION ALL "
        "SELECT service || '/' || partition, source.key, source.value::bigint "
        "FROM bourse.positions, jsonb_each_text(sources) source "
        "WHERE source.key <> 'bourse.' || service || '.events/' || partition";
    AUTO_DB_RESULT result = {0};
    enum err err = db_query(progress->db, SQL, DB_NO_PARAMS, &result);
    for (size_t i = 0; err == OK && i < db_rows(&result); i++) {
        struct shown_position position = {.offset = db_get_int(&result, i, 2)};
        if (read_projection(db_get_text(&result, i, 0), &position) &&
            read_source(db_get_text(&result, i, 1), &position))
            move(progress, position, true);
    }
    return err;
}

static const char POSITIONS[] = "SELECT service, partition, next_offset - 1 FROM bourse.positions";

void progress_learn(void *context, const struct db_result *rows)
{
    struct progress *progress = context;
    for (size_t row = 0; row < db_rows(rows); row++) {
        enum service_id service;
        int16_t partition = (int16_t)db_get_int(rows, row, 1);
        if (service_named(db_get_text(rows, row, 0), &service) != OK)
            continue; /* one of another release */
        move(progress,
             (struct shown_position){.service = (uint8_t)service,
                                     .source = (uint8_t)service,
                                     .partition = partition,
                                     .source_partition = partition,
                                     .offset = db_get_int(rows, row, 2)},
             false);
    }
}

enum err progress_ask(struct db *db, struct db_result *ret_rows)
{
    return db_batch_query(db, POSITIONS, DB_NO_PARAMS, ret_rows);
}

enum err progress_look(struct progress *progress, struct db *db)
{
    AUTO_DB_RESULT rows = {0};
    enum err err = db_query(db, POSITIONS, DB_NO_PARAMS, &rows);
    if (err == OK)
        progress_learn(progress, &rows);
    return err;
}

/* Knows of nothing: a database that went away may come back without its last transactions. */
static void forget(struct progress *progress)
{
    pthread_mutex_lock(&progress->lock);
    for (int32_t i = 0; i < progress->total * progress->total; i++)
        progress->offsets[i] = -1;
    pthread_mutex_unlock(&progress->lock);
}

static enum err connect(struct progress *progress)
{
    enum err err = db_connect(progress->db);
    if (err == OK)
        err = db_exec(progress->db, "LISTEN bourse_projection");
    return err == OK ? read_table(progress) : err;
}

static void pause_ms(int64_t duration_ms)
{
    nanosleep(&(struct timespec){.tv_nsec = duration_ms * 1000000}, NULL);
}

/* Keeps the connection, or tries to have it again. */
static bool stay_connected(struct progress *progress)
{
    if (atomic_load(&progress->connected))
        return true;
    enum err err = connect(progress);
    if (err != OK) {
        log_warn("progress.not_connected", LOG_ERR(err),
                 LOG_STR("reason", db_error_text(progress->db)));
        return false;
    }
    atomic_store(&progress->connected, true);
    return true;
}

static void *run(void *argument)
{
    struct progress *progress = argument;
    while (!atomic_load(&progress->stopping)) {
        if (!stay_connected(progress)) {
            serve_waiters(progress);
            pause_ms(RECONNECT_MS);
            continue;
        }
        struct text channel, payload;
        enum err err = db_notification(progress->db, LOOK_MS, &channel, &payload);
        if (err == OK) {
            take_payload(progress, payload);
        } else if (err != ERR_TIMEOUT) {
            forget(progress);
            atomic_store(&progress->connected, false);
        }
        serve_waiters(progress);
    }
    serve_waiters(progress);
    return NULL;
}

struct progress *progress_start(const char *conninfo, const int32_t partition_counts[SERVICES])
{
    struct progress *progress = calloc(1, sizeof *progress);
    CHECK(progress != NULL);
    for (int i = 0; i < SERVICES; i++) {
        progress->first[i] = progress->total;
        progress->counts[i] = partition_counts[i];
        progress->total += partition_counts[i];
    }
    size_t cells = (size_t)progress->total * (size_t)progress->total;
    progress->offsets = malloc(cells * sizeof *progress->offsets);
    CHECK(progress->offsets != NULL);
    progress->db = db_new(conninfo, STATEMENT_TIMEOUT_MS);
    CHECK(pthread_mutex_init(&progress->lock, NULL) == 0);
    forget(progress);
    CHECK(pthread_create(&progress->thread, NULL, run, progress) == 0);
    return progress;
}

void progress_stop(struct progress *progress)
{
    if (progress == NULL)
        return;
    atomic_store(&progress->stopping, true);
    pthread_join(progress->thread, NULL);
    db_free(progress->db);
    pthread_mutex_destroy(&progress->lock);
    free(progress->offsets);
    free(progress);
}

void progress_await(struct progress *progress, struct waiter *waiter)
{
    pthread_mutex_lock(&progress->lock);
    bool served = has(progress, waiter);
    if (!served) {
        waiter->next = progress->waiters;
        progress->waiters = waiter;
    }
    pthread_mutex_unlock(&progress->lock);
    if (served)
        waiter->ready(waiter, true);
}

int64_t progress_offset(struct progress *progress, enum service_id service, int32_t partition)
{
    pthread_mutex_lock(&progress->lock);
    const int64_t *offset = cell(progress, own_events(service, partition));
    int64_t reached = offset == NULL ? -1 : *offset;
    pthread_mutex_unlock(&progress->lock);
    return reached;
}

void progress_shown(struct progress *progress, uint32_t services, struct shown *shown)
{
    for (int i = 0; i < SERVICES; i++) {
        for (int32_t p = 0; (services >> i & 1) != 0 && p < progress->counts[i]; p++) {
            int64_t offset = progress_offset(progress, (enum service_id)i, p);
            if (offset >= 0)
                shown_add(shown, (struct shown_position){.service = (uint8_t)i,
                                                         .source = (uint8_t)i,
                                                         .partition = (int16_t)p,
                                                         .source_partition = (int16_t)p,
                                                         .offset = offset});
        }
    }
}

bool progress_connected(struct progress *progress)
{
    return atomic_load(&progress->connected);
}
