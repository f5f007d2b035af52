#include "base/seeded_bug.h"
#include "eventlog/headers.h"
#include "projection/internal.h"
#include "projection/store_postgres.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    STATEMENT_TIMEOUT_MS = 60000,
    BATCH_EVENTS_MAX = 8000,
    BATCH_SIZE_MAX = 8 << 20,
    /* Of collecting while more is there. Who is behind, and shares its core with the load, would
     * otherwise write the smaller batches the less it gets of it. */
    BATCH_TIME_MAX_US = 100000,
};

static int64_t monotonic_us(const struct projector *projector)
{
    struct timespec now;
    if (projector->world.clock_us != NULL)
        return projector->world.clock_us(projector->world.context);
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

enum err projector_fail(struct projector *projector, enum err err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(projector->problem, sizeof projector->problem, format, arguments);
    va_end(arguments);
    return err;
}

enum err projector_fail_store(struct projector *projector, enum err err)
{
    return projector_fail(projector, err, "%s", projector->store->problem);
}

const char *projector_problem(const struct projector *projector)
{
    return projector->problem;
}

struct projector *projector_new_over(const struct projector_world *world, enum service_id service,
                                     const struct projection *projection, struct store *store)
{
    struct projector *projector = calloc(1, sizeof *projector);
    CHECK(projector != NULL);
    projector->world = *world;
    projector->service = service;
    projector->projection = projection;
    projector->store = store;
    projector->rows = rows_new(projection, &JOURNAL_STATEMENT, world->vault, world->geo);
    if (world->veils)
        rows_veil(projector->rows);
    projector->journal = journal_new();
    return projector;
}

struct projector *projector_new(const struct projector_world *world, enum service_id service,
                                const struct projection *projection)
{
    return projector_new_over(world, service, projection,
                              store_postgres_new(world->conninfo, service, projection, TABLES_LIVE,
                                                 STATEMENT_TIMEOUT_MS));
}

void projector_free(struct projector *projector)
{
    if (projector == NULL)
        return;
    follower_close(projector->follower);
    for (size_t i = 0; i < projector->lanes_count; i++)
        kept_free(&projector->lanes[i].last);
    free(projector->spans);
    free(projector->lanes);
    free(projector->moves);
    journal_free(projector->journal);
    rows_free(projector->rows);
    store_free(projector->store);
    free(projector);
}

/* --- starting --- */

enum err projector_count_partitions(struct projector *projector)
{
    int32_t count = 0;
    const char *topic = follower_events_topic(projector->service);
    enum err err = log_partition_count(projector->world.log, topic, &count);
    if (err == ERR_NOT_FOUND)
        return projector_fail(projector, ERR_CONFIG, "there is no topic %s: run `bourse init`",
                              topic);
    if (err != OK)
        return projector_fail(projector, err, "cannot ask the broker about %s", topic);
    if (projector->lanes != NULL)
        return OK;
    projector->lanes_count = (size_t)count;
    projector->lanes = calloc((size_t)count, sizeof *projector->lanes);
    projector->moves = calloc((size_t)count, sizeof *projector->moves);
    CHECK(projector->lanes != NULL && projector->moves != NULL);
    for (int32_t i = 0; i < count; i++) {
        projector->lanes[i].partition = i;
        projector->lanes[i].bound = INT64_MAX;
    }
    return OK;
}

static enum err resume_lane(struct projector *projector, const struct store_position *position)
{
    const struct fold_source source = {
        .partition = position->partition,
        .offset = position->next_offset - 1,
        .hash = position->record_hash,
        .has_fold = true,
        .fold = position->fold,
    };
    return follower_resume(projector->follower, projector->service, position->incarnation, &source);
}

static enum err follow_lane(struct projector *projector, struct lane *lane,
                            const struct store_position *position)
{
    int64_t start = 0;
    enum service_id service = projector->service;
    lane->next_offset = position->next_offset;
    lane->wanted_offset = lane->next_offset;
    lane->moved = false;
    lane->events = 0;
    if (lane->next_offset >= lane->bound)
        return OK;
    enum err err = log_ends(projector->world.log, follower_events_topic(service), lane->partition,
                            &start, &lane->goal_offset);
    if (err == OK && position->next_offset == 0) {
        err = follower_begin(projector->follower, service, lane->partition);
    } else if (err == OK) {
        kept_reset(&lane->last, position->record_hash);
        err = resume_lane(projector, position);
    }
    if (err == OK)
        lane->fold = follower_fold(projector->follower, service, lane->partition);
    return err;
}

/* Follows all partitions from their positions on. */
static enum err follow(struct projector *projector, const struct store_position *positions)
{
    enum log_pace pace = projector->world.unhurried ? LOG_UNHURRIED : LOG_GATHERING;
    projector->follower = follower_open(projector->world.log, pace);
    for (size_t i = 0; i < projector->lanes_count; i++) {
        enum err err = follow_lane(projector, &projector->lanes[i], &positions[i]);
        if (err == ERR_LOG)
            return projector_fail(projector, err,
                                  "the projection of %s does not belong to this log: %s. If the "
                                  "log is right, run `bourse projection rebuild %s`",
                                  service_name(projector->service),
                                  follower_problem(projector->follower),
                                  service_name(projector->service));
        if (err != OK)
            return projector_fail(projector, err, "cannot read %s/%d: %s",
                                  follower_events_topic(projector->service),
                                  projector->lanes[i].partition, err_text(err));
    }
    return OK;
}

/* What is stored has to be of such tables. Of another generation they are others, which were put in
 * the place of those it knows; of the same, an earlier position than it knows is what a crash of
 * Postgres leaves, a later one is another projector's. */
static enum err check_positions(struct projector *projector, const struct store_position *positions,
                                size_t count)
{
    char schema_hash[STORE_HASH_SIZE];
    const char *service = service_name(projector->service);
    store_hash_schema(projector->projection->schema_sql, schema_hash);
    if (count != projector->lanes_count)
        return projector_fail(projector, ERR_CONFIG,
                              "%s has %zu positions for %zu partitions: run `bourse projection "
                              "rebuild %s`",
                              service, count, projector->lanes_count, service);
    for (size_t i = 0; i < projector->lanes_count; i++) {
        const struct lane *lane = &projector->lanes[i];
        if (strcmp(positions[i].schema_hash, schema_hash) != 0)
            return projector_fail(projector, ERR_CONFIG,
                                  "the tables of %s were made by another version: run `bourse "
                                  "projection rebuild %s`",
                                  service, service);
        if (positions[i].generation == projector->generation &&
            positions[i].next_offset > lane->wanted_offset)
            return projector_fail(projector, ERR_FENCED,
                                  "the position of %s/%d was moved by another projector", service,
                                  lane->partition);
    }
    projector->generation = positions[0].generation;
    return OK;
}

static enum err start(struct projector *projector)
{
    struct store_position *positions = NULL;
    size_t count = 0;
    enum err err = projector_count_partitions(projector);
    if (err != OK)
        return err;
    err = store_open(projector->store, (int32_t)projector->lanes_count, &positions, &count);
    if (err != OK)
        return projector_fail_store(projector, err);
    err = check_positions(projector, positions, count);
    if (err == OK)
        err = follow(projector, positions);
    free(positions);
    return err;
}

/* --- reading --- */

static enum err project(struct projector *projector, const struct followed *followed)
{
    const struct log_record *record = &followed->record;
    struct event *event = followed->event;
    if (event_decode_rest(followed->fold->rest, followed->arena, event) != OK)
        return projector_fail(projector, ERR_LOG,
                              "%s/%d at offset %lld: a valid event cannot be decoded",
                              follower_events_topic(projector->service), record->partition,
                              (long long)record->offset);
    rows_event(projector->rows, record->partition, record->offset);
    projector->projection->project(event, projector->rows);
    journal_add(projector->journal, event, (int)projector->projection->statements_count,
                projector->rows);
    enum err err = rows_error(projector->rows);
    if (err == OK)
        return OK;
    char why[VAULT_ERROR_SIZE];
    vault_error(projector->world.vault, why);
    return projector_fail(projector, err, "%s: cannot open sealed texts (%s)",
                          service_name(projector->service), why);
}

/* Begins the span of an event that is traced; its end is that of the batch. */
static void begin_span(struct projector *projector, const struct followed *followed)
{
    const struct log_record *record = &followed->record;
    struct trace_context context;
    if (!trace_context_parse(headers_get(record, "traceparent"), &context) || !context.sampled ||
        projector->spans_count == PROJECTOR_SPANS_MAX)
        return;
    if (projector->spans == NULL)
        projector->spans = calloc(PROJECTOR_SPANS_MAX, sizeof *projector->spans);
    CHECK(projector->spans != NULL);
    struct trace_span *span = &projector->spans[projector->spans_count++];
    trace_span_begin(span, &context, TRACE_CONSUMER, trace_now_us(), "project", record->topic);
    trace_span_text(span, "messaging.system", TEXT("kafka"));
    trace_span_text(span, "messaging.destination.name", record->topic);
    trace_span_number(span, "messaging.destination.partition.id", record->partition);
    trace_span_number(span, "messaging.kafka.offset", record->offset);
    trace_span_text(span, "bourse.event", text_of(event_message(followed->event)->full_name));
}

static void end_spans(struct projector *projector)
{
    for (size_t i = 0; i < projector->spans_count; i++)
        trace_span_end(&projector->spans[i], trace_now_us());
    projector->spans_count = 0;
}

static enum err take(struct projector *projector, const struct followed *followed)
{
    const struct log_record *record = &followed->record;
    struct lane *lane = &projector->lanes[record->partition];
    if (followed->verdict == FOLD_VALID ||
        (SEEDED_BUG(PROJECTOR_UNFOLDED) && followed->event != NULL)) {
        if (projector->world.traces && trace_is_on())
            begin_span(projector, followed);
        enum err err = project(projector, followed);
        if (err != OK)
            return err;
        lane->events++;
        if (projector->world.observe != NULL)
            projector->world.observe(followed->event);
        if (followed->event->meta.occurred_at > projector->newest_us)
            projector->newest_us = followed->event->meta.occurred_at;
    }
    if (followed->verdict == FOLD_INERT && projector->world.inert != NULL)
        projector->world.inert(followed);
    kept_take(&lane->last, record->key, record->value);
    lane->moved = lane->fold->started; /* what precedes LogCreated is read again */
    return OK;
}

static bool has_reached_bound(const struct lane *lane)
{
    return lane->fold != NULL && lane->fold->next_offset >= lane->bound;
}

/* Reads what has come into rows, up to a batch, or to the bound of a partition. */
static enum err collect(struct projector *projector, int timeout_ms)
{
    int64_t deadline_us = 0;
    rows_reset(projector->rows);
    for (size_t i = 0; i < BATCH_EVENTS_MAX && rows_size(projector->rows) < BATCH_SIZE_MAX; i++) {
        struct followed followed;
        enum err err = follower_poll(projector->follower, i == 0 ? timeout_ms : 0, &followed);
        if (err == ERR_TIMEOUT || err == ERR_BUSY)
            return OK; /* a broker that is away is waited for */
        if (err == ERR_LOG)
            return projector_fail(projector, err, "%s", follower_problem(projector->follower));
        if (err == OK)
            err = take(projector, &followed);
        if (err != OK || has_reached_bound(&projector->lanes[followed.record.partition]))
            return err;
        if (i == 0)
            deadline_us = monotonic_us(projector) + BATCH_TIME_MAX_US;
        else if (monotonic_us(projector) > deadline_us)
            return OK;
    }
    return OK;
}

/* --- writing --- */

static struct store_move move_of(const struct projector *projector, const struct lane *lane)
{
    return (struct store_move){.partition = lane->partition,
                               .generation = projector->generation,
                               .from_offset = lane->next_offset,
                               .fold = lane->fold,
                               .record_hash = kept_hash(&lane->last),
                               .events = lane->events};
}

/* How the batch moves the partitions it has records of. */
static size_t list_moves(struct projector *projector)
{
    size_t count = 0;
    for (size_t i = 0; i < projector->lanes_count; i++) {
        struct lane *lane = &projector->lanes[i];
        lane->wanted_offset = lane->moved ? lane->fold->next_offset : lane->next_offset;
        if (lane->moved)
            projector->moves[count++] = move_of(projector, lane);
    }
    return count;
}

static enum err write_batch(struct projector *projector)
{
    size_t moves_count = list_moves(projector);
    if (SEEDED_BUG(POSITION_APART) && store_write(projector->store, NULL, 0, projector->rows) == OK)
        rows_reset(projector->rows);
    /* A database that crashed may have lost what was written last, which no event need tell. */
    enum err err = moves_count == 0 ? store_check(projector->store)
                                    : store_write(projector->store, projector->moves, moves_count,
                                                  projector->rows);
    if (err == ERR_DOUBT) /* the next start reads back what is stored */
        err = ERR_BUSY;
    return err == OK ? OK : projector_fail_store(projector, err);
}

/* Takes the batch as written. A partition at its bound is not read any further, so the others are
 * followed without it. */
static void take_as_written(struct projector *projector, size_t *ret_events)
{
    bool reached = false;
    end_spans(projector);
    projector->written_us = projector->newest_us;
    for (size_t i = 0; i < projector->lanes_count; i++) {
        struct lane *lane = &projector->lanes[i];
        *ret_events += (size_t)lane->events;
        lane->events_total += lane->events;
        lane->events = 0;
        if (lane->moved)
            lane->next_offset = lane->fold->next_offset;
        lane->moved = false;
        reached = reached || has_reached_bound(lane);
    }
    if (reached)
        projector_stop(projector);
}

void projector_stop(struct projector *projector)
{
    follower_close(projector->follower);
    projector->follower = NULL;
    for (size_t i = 0; i < projector->lanes_count; i++)
        projector->lanes[i].fold = NULL;
    rows_reset(projector->rows);
    projector->spans_count = 0;
}

/* The position is not what it was: other tables stand in their place, or another projector is at
 * work. The next start tells which, and goes on with those or ends. */
static void look_again(struct projector *projector)
{
    projector_stop(projector);
    for (size_t i = 0; i < projector->lanes_count; i++)
        projector->lanes[i].wanted_offset = projector->lanes[i].next_offset;
}

/* After what can pass by itself: forgets what was not committed, to resume from what is stored. */
static enum err stop_and_wait(struct projector *projector, enum err err, int timeout_ms)
{
    if (err_disposition(err) != ERR_RETRY)
        return err;
    projector_stop(projector);
    nanosleep(&(struct timespec){.tv_sec = timeout_ms / 1000,
                                 .tv_nsec = (long)(timeout_ms % 1000) * 1000000},
              NULL);
    return ERR_BUSY;
}

enum err projector_step(struct projector *projector, int timeout_ms, size_t *ret_events)
{
    enum err err = OK;
    *ret_events = 0;
    if (projector->follower == NULL)
        err = start(projector);
    if (err == OK)
        err = collect(projector, timeout_ms);
    if (err != OK)
        return stop_and_wait(projector, err, timeout_ms);
    err = write_batch(projector);
    if (err == OK)
        take_as_written(projector, ret_events);
    else if (err == ERR_FENCED)
        look_again(projector);
    else
        return stop_and_wait(projector, err, timeout_ms);
    return OK;
}

bool projector_caught_up(const struct projector *projector)
{
    bool caught_up = projector->follower != NULL;
    for (size_t i = 0; i < projector->lanes_count; i++)
        caught_up = caught_up && projector->lanes[i].next_offset >= projector->lanes[i].goal_offset;
    return caught_up;
}

int64_t projector_last_event_us(const struct projector *projector)
{
    return projector->written_us;
}

enum err projector_lag(struct projector *projector, int64_t *ret_records)
{
    int64_t records = 0;
    for (size_t i = 0; i < projector->lanes_count; i++) {
        const struct lane *lane = &projector->lanes[i];
        int64_t first = 0, end = 0;
        enum err err = log_ends(projector->world.log, follower_events_topic(projector->service),
                                lane->partition, &first, &end);
        if (err != OK)
            return err;
        if (end > lane->next_offset)
            records += end - lane->next_offset;
    }
    *ret_records = records;
    return OK;
}
