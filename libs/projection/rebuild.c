#include "projection/rebuild.h"

#include "projection/beside.h"
#include "projection/position.h"
#include "projection/store_postgres.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { POLL_MS = 100, PROGRESS_US = 1000000, TRIES_MAX = 10 };

static int64_t monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct rebuild *rebuild_new(const struct projector_world *world, enum service_id service,
                            const struct projection *projection,
                            const struct rebuild_watcher *watcher)
{
    struct rebuild *rebuild = calloc(1, sizeof *rebuild);
    CHECK(rebuild != NULL);
    rebuild->world = *world;
    rebuild->service = service;
    rebuild->projection = projection;
    if (watcher != NULL)
        rebuild->watcher = *watcher;
    rebuild->db = db_new(world->conninfo, 0);
    return rebuild;
}

void rebuild_free(struct rebuild *rebuild)
{
    if (rebuild == NULL)
        return;
    projector_free(rebuild->projector);
    db_free(rebuild->db);
    free(rebuild);
}

const char *rebuild_problem(const struct rebuild *rebuild)
{
    return rebuild->problem;
}

enum err rebuild_fail(struct rebuild *rebuild, enum err err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(rebuild->problem, sizeof rebuild->problem, format, arguments);
    va_end(arguments);
    return err;
}

enum err rebuild_fail_db(struct rebuild *rebuild, enum err err, const struct db *db,
                         const char *doing)
{
    return rebuild_fail(rebuild, err, "%s: %s (%s)", service_name(rebuild->service), doing,
                        db_error_text(db));
}

void rebuild_schema(const struct rebuild *rebuild, enum tables_place place,
                    char ret_name[TABLES_NAME_SIZE])
{
    tables_name(rebuild->projection->schema, place, ret_name);
}

void rebuild_positions(const struct rebuild *rebuild, enum tables_place place,
                       char ret_name[TABLES_NAME_SIZE])
{
    tables_name(service_name(rebuild->service), place, ret_name);
}

/* The lock lasts as long as the connection. */
enum err rebuild_connect(struct rebuild *rebuild)
{
    AUTO_DB_RESULT result = {NULL};
    const char *service = service_name(rebuild->service);
    enum err err = db_connect(rebuild->db);
    if (err == OK)
        err = tables_create(rebuild->db);
    if (err == OK)
        err =
            db_query(rebuild->db, "SELECT pg_try_advisory_lock(hashtext('bourse.rebuild.' || $1))",
                     DB_PARAMS(db_string(service)), &result);
    if (err != OK)
        return rebuild_fail_db(rebuild, err, rebuild->db, "cannot use the projection database");
    return db_get_bool(&result, 0, 0)
               ? OK
               : rebuild_fail(rebuild, ERR_DENIED, "another rebuild of %s is at work", service);
}

/* --- reading on --- */

/* What has been built is worth another try where something is away for a moment. */
static bool is_worth_a_try(enum err err, int *tries)
{
    return err != OK && err_disposition(err) == ERR_RETRY && ++*tries < TRIES_MAX;
}

enum err rebuild_open(struct rebuild *rebuild, enum tables_place place)
{
    projector_free(rebuild->projector);
    rebuild->place = place;
    rebuild->projector =
        projector_new_over(&rebuild->world, rebuild->service, rebuild->projection,
                           store_postgres_new(rebuild->world.conninfo, rebuild->service,
                                              rebuild->projection, place, 0));
    int tries = 0;
    enum err err;
    do {
        err = projector_count_partitions(rebuild->projector);
    } while (is_worth_a_try(err, &tries));
    return err == OK ? OK : rebuild_fail(rebuild, err, "%s", projector_problem(rebuild->projector));
}

static enum err load_live(struct rebuild *rebuild, struct db *db, bool lock,
                          struct store_position **ret_positions, size_t *ret_count)
{
    bool have = false;
    enum err err = tables_have_schema(db, rebuild->projection->schema, &have);
    *ret_count = 0;
    if (err == OK && have)
        err = position_load(db, service_name(rebuild->service), lock, ret_positions, ret_count);
    return err == OK ? OK : rebuild_fail_db(rebuild, err, db, "cannot read the live position");
}

enum err rebuild_goals(struct rebuild *rebuild, struct db *db, bool lock, struct goals *ret_goals)
{
    struct projector *projector = rebuild->projector;
    struct store_position *positions = NULL;
    size_t count = 0;
    enum err err = load_live(rebuild, db, lock, &positions, &count);
    if (err != OK)
        return err;
    free(ret_goals->offsets);
    ret_goals->offsets = calloc(projector->lanes_count, sizeof *ret_goals->offsets);
    CHECK(ret_goals->offsets != NULL);
    ret_goals->of_live = count == projector->lanes_count;
    for (size_t i = 0; i < projector->lanes_count && err == OK; i++) {
        int64_t start = 0, end = 0;
        int tries = 0;
        do {
            err = log_ends(projector->world.log, follower_events_topic(rebuild->service),
                           (int32_t)i, &start, &end);
        } while (is_worth_a_try(err, &tries));
        bool is_there = i < count && positions[i].next_offset <= end;
        ret_goals->offsets[i] = is_there ? positions[i].next_offset : end;
        ret_goals->of_live = ret_goals->of_live && is_there;
    }
    free(positions);
    return err == OK ? OK
                     : rebuild_fail(rebuild, err, "cannot ask the broker for the end of the log");
}

static void report_progress(struct rebuild *rebuild, const struct goals *goals)
{
    int64_t now_us = monotonic_us(), records = 0, of_records = 0;
    if (rebuild->watcher.progress == NULL || now_us - rebuild->told_us < PROGRESS_US)
        return;
    rebuild->told_us = now_us;
    for (size_t i = 0; i < rebuild->projector->lanes_count; i++) {
        records += rebuild->projector->lanes[i].next_offset;
        of_records += goals->offsets[i];
    }
    rebuild->watcher.progress(records, of_records);
}

static bool has_reached(const struct projector *projector, const struct goals *goals)
{
    for (size_t i = 0; i < projector->lanes_count; i++) {
        if (projector->lanes[i].next_offset < goals->offsets[i])
            return false;
    }
    return true;
}

/* At least one step: it makes the tables where they are missing, and learns where they are. */
enum err rebuild_reach(struct rebuild *rebuild, const struct goals *goals, bool exactly)
{
    struct projector *projector = rebuild->projector;
    for (size_t i = 0; i < projector->lanes_count; i++)
        projector->lanes[i].bound = exactly ? goals->offsets[i] : INT64_MAX;
    int tries = 0;
    bool stepped = false;
    while (!stepped || !has_reached(projector, goals)) {
        size_t events = 0;
        enum err err = projector_step(projector, POLL_MS, &events);
        stepped = err == OK;
        if (!stepped && !is_worth_a_try(err, &tries))
            return rebuild_fail(rebuild, err, "%s", projector_problem(projector));
        tries = stepped ? 0 : tries;
        report_progress(rebuild, goals);
    }
    if (exactly)
        projector_stop(projector); /* which follows none of those that have reached it */
    return OK;
}

/* --- building --- */

enum err rebuild_drop(struct rebuild *rebuild, enum tables_place place)
{
    char schema[TABLES_NAME_SIZE], positions[TABLES_NAME_SIZE];
    CHECK(place != TABLES_LIVE);
    rebuild_schema(rebuild, place, schema);
    rebuild_positions(rebuild, place, positions);
    enum err err = rebuild_connect(rebuild);
    if (err != OK)
        return err;
    err = db_begin(rebuild->db);
    if (err == OK)
        err = tables_lock(rebuild->db);
    if (err == OK)
        err = tables_drop_schema(rebuild->db, schema);
    if (err == OK)
        err = position_drop(rebuild->db, positions);
    if (err == OK)
        err = db_commit(rebuild->db);
    if (err == OK)
        return OK;
    rebuild_fail_db(rebuild, err, rebuild->db, "cannot drop tables");
    db_rollback(rebuild->db);
    return err;
}

/* To where the live tables were when that began, and again: the second time is short. */
static enum err read_all(struct rebuild *rebuild, struct goals *goals)
{
    enum err err = OK;
    for (int i = 0; i < 2 && err == OK; i++) {
        err = rebuild_goals(rebuild, rebuild->db, false, goals);
        if (err == OK)
            err = rebuild_reach(rebuild, goals, true);
    }
    return err;
}

/* What `db` sees is of one moment from its first statement on, while the live tables go on. */
static enum err compare_in_snapshot(struct rebuild *rebuild, struct db *db, struct goals *goals,
                                    struct rebuild_report *report)
{
    enum err err = db_connect(db);
    if (err == OK)
        err = db_begin_snapshot(db);
    if (err != OK)
        return rebuild_fail_db(rebuild, err, db, "cannot look at the live tables");
    err = rebuild_goals(rebuild, db, false, goals);
    if (err == OK)
        err = rebuild_reach(rebuild, goals, true);
    report->compared = err == OK && goals->of_live;
    if (report->compared)
        err = rebuild_compare(rebuild, db, report);
    db_rollback(db);
    return err;
}

enum err rebuild_build(struct rebuild *rebuild, struct rebuild_report *ret_report)
{
    struct goals goals = {.offsets = NULL};
    *ret_report = (struct rebuild_report){.events = 0};
    enum err err = rebuild_drop(rebuild, TABLES_NEXT);
    int64_t began_us = rebuild->told_us = monotonic_us();
    if (err == OK)
        err = rebuild_open(rebuild, TABLES_NEXT);
    if (err == OK)
        err = read_all(rebuild, &goals);
    ret_report->duration_us = monotonic_us() - began_us;
    if (err == OK) {
        struct db *db = db_new(rebuild->world.conninfo, 0);
        err = compare_in_snapshot(rebuild, db, &goals, ret_report);
        db_free(db);
    }
    for (size_t i = 0; err == OK && i < rebuild->projector->lanes_count; i++)
        ret_report->events += rebuild->projector->lanes[i].events_total;
    free(goals.offsets);
    return err;
}
