#include "projection/internal.h"

#include "seal/seal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    STATEMENT_TIMEOUT_MS = 60000,
    BATCH_EVENTS_MAX = 2000,
    BATCH_SIZE_MAX = 8 << 20,
    BATCH_TIME_MAX_US = 20000, /* of collecting while more is there */
};

static int64_t monotonic_us(void)
{
    struct timespec now;
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

enum err projector_fail_db(struct projector *projector, enum err err, const char *doing)
{
    return projector_fail(projector, err, "%s: %s (%s)", projector->schema, doing,
                          db_error_text(projector->db));
}

const char *projector_problem(const struct projector *projector)
{
    return projector->problem;
}

/* Tells one version of a service's tables from another. */
static void hash_schema(const char *schema_sql, char ret_hash[SCHEMA_HASH_SIZE])
{
    uint8_t digest[SEAL_HASH_SIZE];
    seal_hash_of(schema_sql, strlen(schema_sql), digest);
    for (size_t i = 0; i < (SCHEMA_HASH_SIZE - 1) / 2; i++)
        snprintf(ret_hash + 2 * i, 3, "%02x", digest[i]);
}

struct projector *projector_make(const struct projector_world *world, enum service_id service,
                                 const struct projection *projection, const char *schema,
                                 bool building)
{
    struct projector *projector = calloc(1, sizeof *projector);
    CHECK(projector != NULL);
    projector->world = *world;
    projector->service = service;
    projector->projection = projection;
    projector->building = building;
    snprintf(projector->schema, sizeof projector->schema, "%s", schema);
    hash_schema(projection->schema_sql, projector->schema_hash);
    projector->db = db_new(world->conninfo, building ? 0 : STATEMENT_TIMEOUT_MS);
    projector->rows = rows_new(projection, &JOURNAL_STATEMENT, world->vault);
    projector->journal = journal_new();
    return projector;
}

struct projector *projector_new(const struct projector_world *world, enum service_id service,
                                const struct projection *projection)
{
    return projector_make(world, service, projection, projection->schema, false);
}

void projector_free(struct projector *projector)
{
    if (projector == NULL)
        return;
    follower_close(projector->follower);
    for (size_t i = 0; i < projector->lanes_count; i++)
        free(projector->lanes[i].told);
    free(projector->lanes);
    journal_free(projector->journal);
    rows_free(projector->rows);
    db_free(projector->db);
    free(projector);
}

/* --- starting --- */

enum err projector_connect(struct projector *projector)
{
    char script[128];
    enum err err = db_connect(projector->db);
    if (err != OK)
        return projector_fail_db(projector, err, "cannot connect to the projection database");
    /* What a crash of Postgres takes of the rows it takes of the position too. */
    snprintf(script, sizeof script, "SET search_path = \"%s\"; SET synchronous_commit = off",
             projector->schema);
    err = db_exec(projector->db, script);
    return err == OK ? OK : projector_fail_db(projector, err, "cannot set up the connection");
}

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
    CHECK(projector->lanes != NULL);
    for (int32_t i = 0; i < count; i++) {
        projector->lanes[i].partition = i;
        projector->lanes[i].told = calloc(FOLD_SOURCES_MAX, sizeof(int64_t));
        CHECK(projector->lanes[i].told != NULL);
    }
    return OK;
}

static enum err follow_lane(struct projector *projector, struct lane *lane,
                            const struct db_result *position, size_t row)
{
    int64_t start = 0;
    enum service_id service = projector->service;
    lane->next_offset = position != NULL ? position_next_offset(position, row) : 0;
    lane->wanted_offset = lane->next_offset;
    lane->moved = false;
    lane->events = 0;
    for (size_t i = 0; i < FOLD_SOURCES_MAX; i++)
        lane->told[i] = -1;
    enum err err = log_ends(projector->world.log, follower_events_topic(service), lane->partition,
                            &start, &lane->goal_offset);
    if (err == OK && lane->next_offset == 0) {
        err = follower_begin(projector->follower, service, lane->partition);
    } else if (err == OK) {
        struct fold_source source;
        struct uuid incarnation;
        position_source(position, row, &source, &incarnation);
        lane->last_hash = source.hash;
        err = follower_resume(projector->follower, service, incarnation, &source);
    }
    if (err == OK)
        lane->fold = follower_fold(projector->follower, service, lane->partition);
    return err;
}

enum err projector_follow(struct projector *projector, const struct db_result *positions)
{
    projector->follower = follower_open(projector->world.log, LOG_GATHERING);
    for (size_t i = 0; i < projector->lanes_count; i++) {
        enum err err = follow_lane(projector, &projector->lanes[i], positions, i);
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

/* Makes the service's schema where it is missing, with all positions at the start. */
static enum err ensure_schema(struct projector *projector)
{
    bool have = false;
    enum err err = db_begin(projector->db);
    if (err == OK)
        err = tables_lock(projector->db);
    if (err == OK)
        err = tables_have_schema(projector->db, projector->schema, &have);
    if (err == OK && !have)
        err = tables_create_schema(projector->db, projector->schema,
                                   projector->projection->schema_sql);
    if (err == OK && !have)
        err = position_reset(projector);
    if (err == OK)
        return db_commit(projector->db);
    db_rollback(projector->db);
    return err;
}

/* What is stored has to be of these tables, and of this projector: an earlier position than it
 * knows is what a crash of Postgres leaves, a later one is somebody else's. */
static enum err check_positions(struct projector *projector, const struct db_result *positions)
{
    const char *service = service_name(projector->service);
    if (db_rows(positions) != projector->lanes_count)
        return projector_fail(projector, ERR_CONFIG,
                              "%s has %zu positions for %zu partitions: run `bourse projection "
                              "rebuild %s`",
                              service, db_rows(positions), projector->lanes_count, service);
    for (size_t i = 0; i < projector->lanes_count; i++) {
        const struct lane *lane = &projector->lanes[i];
        if (!text_is(position_schema_hash(positions, i), projector->schema_hash))
            return projector_fail(projector, ERR_CONFIG,
                                  "the tables of %s were made by another version: run `bourse "
                                  "projection rebuild %s`",
                                  service, service);
        if (projector->generation != 0 &&
            (position_generation(positions, i) != projector->generation ||
             position_next_offset(positions, i) > lane->wanted_offset))
            return projector_fail(projector, ERR_FENCED,
                                  "the position of %s/%d was moved by another projector or a "
                                  "rebuild",
                                  service, lane->partition);
    }
    projector->generation = position_generation(positions, 0);
    return OK;
}

static enum err start(struct projector *projector)
{
    AUTO_DB_RESULT positions = {NULL};
    enum err err = projector_count_partitions(projector);
    if (err == OK)
        err = projector_connect(projector);
    if (err != OK)
        return err;
    err = tables_create(projector->db);
    if (err == OK)
        err = ensure_schema(projector);
    if (err == OK)
        err = position_load(projector, false, &positions);
    if (err != OK)
        return projector_fail_db(projector, err, "cannot make or find the tables");
    err = check_positions(projector, &positions);
    if (err == OK)
        err = projector_follow(projector, &positions);
    if (err != OK)
        return err;
    err = position_notify_all(projector);
    return err == OK ? OK : projector_fail_db(projector, err, "cannot notify");
}

/* --- reading --- */

static enum err project(struct projector *projector, const struct followed *followed)
{
    const struct log_record *record = &followed->record;
    struct event *event = &projector->event;
    if (event_decode(record->value, followed->arena, event) != OK)
        return projector_fail(projector, ERR_LOG,
                              "%s/%d at offset %lld: a valid event cannot be decoded",
                              follower_events_topic(projector->service), record->partition,
                              (long long)record->offset);
    event->key = followed->event->key;
    rows_event(projector->rows, record->partition, record->offset);
    projector->projection->project(event, projector->rows);
    journal_add(projector->journal, event, (int)projector->projection->statements_count,
                projector->rows);
    enum err err = rows_error(projector->rows);
    if (err == OK)
        return OK;
    char why[VAULT_ERROR_SIZE];
    vault_error(projector->world.vault, why);
    return projector_fail(projector, err, "%s: cannot open sealed texts (%s)", projector->schema,
                          why);
}

static enum err take(struct projector *projector, const struct followed *followed)
{
    const struct log_record *record = &followed->record;
    struct lane *lane = &projector->lanes[record->partition];
    if (followed->verdict == FOLD_VALID) {
        enum err err = project(projector, followed);
        if (err != OK)
            return err;
        lane->events++;
    }
    lane->last_hash = fold_record_hash(record->key, record->value);
    lane->moved = lane->fold->started; /* what precedes LogCreated is read again */
    return OK;
}

enum err projector_collect(struct projector *projector, int timeout_ms)
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
        if (err != OK)
            return err;
        if (i == 0)
            deadline_us = monotonic_us() + BATCH_TIME_MAX_US;
        else if (monotonic_us() > deadline_us)
            return OK;
    }
    return OK;
}

/* --- writing --- */

static enum err add_positions(struct projector *projector)
{
    enum err err = OK;
    for (size_t i = 0; i < projector->lanes_count && err == OK; i++) {
        struct lane *lane = &projector->lanes[i];
        lane->affected = -1;
        if (lane->moved && !projector->building)
            err = position_move(projector, lane);
    }
    return err;
}

static enum err add_notifications(struct projector *projector)
{
    enum err err = OK;
    for (size_t i = 0; i < projector->lanes_count && err == OK; i++) {
        if (projector->lanes[i].moved && !projector->building)
            err = position_notify(projector, &projector->lanes[i]);
    }
    return err;
}

enum err projector_write_rows(struct projector *projector)
{
    enum err err = db_batch_begin(projector->db);
    if (err != OK)
        return projector_fail_db(projector, err, "cannot write");
    err = add_positions(projector);
    if (err == OK)
        err = rows_write(projector->rows, projector->db);
    if (err == OK)
        err = add_notifications(projector);
    enum err batch_err = db_batch_end(projector->db);
    if (err == OK)
        err = batch_err;
    for (size_t i = 0; i < projector->lanes_count; i++) {
        if (projector->lanes[i].affected == 0)
            return projector_fail(projector, ERR_FENCED,
                                  "the position of %s/%d was moved by another projector or a "
                                  "rebuild",
                                  service_name(projector->service), projector->lanes[i].partition);
    }
    return err == OK ? OK : projector_fail_db(projector, err, "cannot write rows");
}

enum err projector_write_batch(struct projector *projector)
{
    for (size_t i = 0; i < projector->lanes_count; i++)
        projector->lanes[i].wanted_offset = projector->lanes[i].moved
                                                ? projector->lanes[i].fold->next_offset
                                                : projector->lanes[i].next_offset;
    enum err err = db_begin(projector->db);
    if (err != OK)
        return projector_fail_db(projector, err, "cannot begin a transaction");
    err = projector_write_rows(projector);
    if (err != OK) {
        db_rollback(projector->db);
        return err;
    }
    err = db_commit(projector->db);
    if (err == ERR_DOUBT) /* the next start reads back what is stored */
        err = ERR_BUSY;
    return err == OK ? OK : projector_fail_db(projector, err, "cannot commit");
}

void projector_written(struct projector *projector, size_t *ret_events)
{
    for (size_t i = 0; i < projector->lanes_count; i++) {
        struct lane *lane = &projector->lanes[i];
        *ret_events += (size_t)lane->events;
        lane->events_total += lane->events;
        lane->events = 0;
        if (lane->moved)
            lane->next_offset = lane->fold->next_offset;
        lane->moved = false;
    }
}

static bool has_moved(const struct projector *projector)
{
    for (size_t i = 0; i < projector->lanes_count; i++) {
        if (projector->lanes[i].moved)
            return true;
    }
    return false;
}

/* After what can pass by itself: forgets what was not committed, to resume from what is stored. */
static enum err stop_and_wait(struct projector *projector, enum err err, int timeout_ms)
{
    if (err_disposition(err) != ERR_RETRY)
        return err;
    follower_close(projector->follower);
    projector->follower = NULL;
    rows_reset(projector->rows);
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
        err = projector_collect(projector, timeout_ms);
    if (err == OK && has_moved(projector))
        err = projector_write_batch(projector);
    if (err != OK)
        return stop_and_wait(projector, err, timeout_ms);
    projector_written(projector, ret_events);
    return OK;
}

bool projector_caught_up(const struct projector *projector)
{
    bool caught_up = projector->follower != NULL;
    for (size_t i = 0; i < projector->lanes_count; i++)
        caught_up = caught_up && projector->lanes[i].next_offset >= projector->lanes[i].goal_offset;
    return caught_up;
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
