#include "projection/rebuild.h"

#include "projection/internal.h"
#include "projection/position.h"
#include "projection/store_postgres.h"
#include "projection/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { POLL_MS = 100, PROGRESS_US = 1000000, SCHEMA_NAME_SIZE = 64 };

struct rebuild {
    struct projector *projector; /* over a store of the new tables, which nobody else writes */
    struct db *db;               /* that store's connection */
    char next[SCHEMA_NAME_SIZE]; /* the schema being built */
    char old[SCHEMA_NAME_SIZE];
    void (*progress)(int64_t events);
    int64_t began_us, told_us;
};

static int64_t monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static enum err exec(struct rebuild *rebuild, const char *before, const char *schema,
                     const char *after)
{
    char script[256];
    snprintf(script, sizeof script, "%s \"%s\"%s", before, schema, after);
    return db_exec(rebuild->db, script);
}

static enum err drop(struct rebuild *rebuild, const char *schema)
{
    return exec(rebuild, "DROP SCHEMA IF EXISTS", schema, " CASCADE");
}

static enum err fail_db(struct rebuild *rebuild, enum err err, const char *doing)
{
    store_postgres_fail(rebuild->projector->store, err, doing);
    return projector_fail_store(rebuild->projector, err);
}

/* One rebuild of a service at a time: the lock lasts as long as the connection. */
static enum err lock_out_others(struct rebuild *rebuild)
{
    AUTO_DB_RESULT result = {NULL};
    const char *service = service_name(rebuild->projector->service);
    enum err err =
        db_query(rebuild->db, "SELECT pg_try_advisory_lock(hashtext('bourse.rebuild.' || $1))",
                 DB_PARAMS(db_string(service)), &result);
    if (err != OK)
        return fail_db(rebuild, err, "cannot lock");
    return db_get_bool(&result, 0, 0) ? OK
                                      : projector_fail(rebuild->projector, ERR_DENIED,
                                                       "another rebuild of %s is at work", service);
}

/* --- building beside the live tables --- */

static enum err make_schema(struct rebuild *rebuild)
{
    enum err err = tables_create(rebuild->db);
    if (err == OK)
        err = db_begin(rebuild->db);
    if (err == OK)
        err = tables_lock(rebuild->db);
    if (err == OK)
        err = drop(rebuild, rebuild->next);
    if (err == OK)
        err = drop(rebuild, rebuild->old);
    if (err == OK)
        err = tables_create_schema(rebuild->db, rebuild->next,
                                   rebuild->projector->projection->schema_sql);
    if (err == OK)
        return db_commit(rebuild->db);
    db_rollback(rebuild->db);
    return err;
}

static void report_progress(struct rebuild *rebuild)
{
    int64_t now_us = monotonic_us();
    if (rebuild->progress == NULL || now_us - rebuild->told_us < PROGRESS_US)
        return;
    rebuild->told_us = now_us;
    int64_t events = 0;
    for (size_t i = 0; i < rebuild->projector->lanes_count; i++)
        events += rebuild->projector->lanes[i].events_total;
    rebuild->progress(events);
}

static enum err build(struct rebuild *rebuild)
{
    while (!projector_caught_up(rebuild->projector)) {
        size_t events = 0;
        enum err err = projector_collect(rebuild->projector, POLL_MS);
        if (err != OK)
            return err;
        err = store_write(rebuild->projector->store, NULL, 0, rebuild->projector->rows);
        if (err != OK)
            return projector_fail_store(rebuild->projector, err);
        projector_written(rebuild->projector, &events);
        report_progress(rebuild);
    }
    return OK;
}

/* --- putting them in place --- */

/* The live projector may have come further meanwhile; it now waits for this transaction. A live
 * position behind the end of the log is none to wait for. */
static enum err reach_live(struct rebuild *rebuild, const struct store_position *positions,
                           size_t count)
{
    struct projector *projector = rebuild->projector;
    for (size_t i = 0; i < count && i < projector->lanes_count; i++) {
        struct lane *lane = &projector->lanes[i];
        int64_t start = 0, end = 0;
        enum err err = log_ends(projector->world.log, follower_events_topic(projector->service),
                                lane->partition, &start, &end);
        if (err != OK)
            return projector_fail(projector, err, "cannot ask the broker for the log's end");
        int64_t live = positions[i].next_offset;
        lane->goal_offset = live < end ? live : end;
    }
    while (!projector_caught_up(projector)) {
        size_t events = 0;
        enum err err = projector_collect(projector, POLL_MS);
        if (err != OK)
            return err;
        err = store_postgres_add(projector->store, NULL, 0, projector->rows);
        if (err != OK)
            return projector_fail_store(projector, err);
        projector_written(projector, &events);
    }
    return OK;
}

static enum err rename_schemas(struct rebuild *rebuild)
{
    bool have = false;
    const char *live = rebuild->projector->projection->schema;
    char to_old[SCHEMA_NAME_SIZE + 16], to_live[SCHEMA_NAME_SIZE + 16];
    snprintf(to_old, sizeof to_old, " RENAME TO \"%s\"", rebuild->old);
    snprintf(to_live, sizeof to_live, " RENAME TO \"%s\"", live);
    enum err err = tables_have_schema(rebuild->db, live, &have);
    if (err == OK && have)
        err = exec(rebuild, "ALTER SCHEMA", live, to_old);
    return err == OK ? exec(rebuild, "ALTER SCHEMA", rebuild->next, to_live) : err;
}

static enum err load_generation(struct rebuild *rebuild)
{
    struct store_position *positions = NULL;
    size_t count = 0;
    enum err err =
        position_load(rebuild->db, rebuild->projector->service, false, &positions, &count);
    if (err == OK)
        rebuild->projector->generation = positions[0].generation;
    free(positions);
    return err;
}

/* Positions start over under a new generation, and move at once to where the new tables are. */
static enum err move_positions(struct rebuild *rebuild)
{
    int64_t affected = 0;
    char schema_hash[STORE_HASH_SIZE];
    struct projector *projector = rebuild->projector;
    store_hash_schema(projector->projection->schema_sql, schema_hash);
    enum err err = position_reset(rebuild->db, projector->service, (int32_t)projector->lanes_count,
                                  schema_hash);
    if (err == OK)
        err = load_generation(rebuild);
    if (err == OK)
        err = db_batch_begin(rebuild->db);
    if (err != OK)
        return err;
    for (size_t i = 0; i < projector->lanes_count && err == OK; i++) {
        struct store_move move = projector_move(projector, &projector->lanes[i]);
        move.from_offset = 0;
        move.events = projector->lanes[i].events_total;
        if (move.fold->started)
            err = position_move(rebuild->db, projector->service, &move, &affected);
    }
    return db_batch_end(rebuild->db);
}

static enum err switch_over(struct rebuild *rebuild)
{
    struct store_position *positions = NULL;
    size_t count = 0;
    struct projector *projector = rebuild->projector;
    enum err err = tables_lock(rebuild->db);
    if (err == OK)
        err = position_load(rebuild->db, projector->service, true, &positions, &count);
    if (err == OK)
        err = reach_live(rebuild, positions, count);
    if (err == OK)
        err = rename_schemas(rebuild);
    if (err == OK)
        err = move_positions(rebuild);
    free(positions);
    return err;
}

static enum err put_in_place(struct rebuild *rebuild)
{
    enum err err = db_begin(rebuild->db);
    if (err == OK)
        err = switch_over(rebuild);
    if (err != OK) {
        db_rollback(rebuild->db);
        return err;
    }
    err = db_commit(rebuild->db);
    return err == ERR_DOUBT ? fail_db(rebuild, err,
                                      "whether the new tables are live is not known, as the "
                                      "connection broke; `bourse projection status` tells by the "
                                      "generation")
                            : err;
}

/* Whatever happens now, the new tables are live: what is left of the old ones is dropped by the
 * next rebuild, if not by this one. */
static void tidy_up(struct rebuild *rebuild)
{
    enum err err = position_notify_all(rebuild->db, rebuild->projector->service);
    if (err == OK)
        err = drop(rebuild, rebuild->old);
    (void)err;
}

static enum err run(struct rebuild *rebuild)
{
    struct projector *projector = rebuild->projector;
    enum err err = projector_count_partitions(projector);
    if (err != OK)
        return err;
    err = store_postgres_connect(projector->store);
    if (err != OK)
        return projector_fail_store(projector, err);
    err = lock_out_others(rebuild);
    if (err != OK)
        return err;
    err = make_schema(rebuild);
    if (err != OK)
        return fail_db(rebuild, err, "cannot make the new tables");
    err = projector_follow(projector, NULL);
    if (err == OK)
        err = build(rebuild);
    if (err != OK)
        return err;
    err = put_in_place(rebuild);
    if (err == OK)
        tidy_up(rebuild);
    else if (projector->problem[0] == 0)
        fail_db(rebuild, err, "cannot put the new tables in their place");
    return err;
}

enum err projection_rebuild(const struct projector_world *world, enum service_id service,
                            const struct projection *projection, void (*progress)(int64_t events),
                            struct rebuild_report *ret_report,
                            char ret_problem[REBUILD_PROBLEM_SIZE])
{
    struct rebuild rebuild = {.progress = progress, .began_us = monotonic_us()};
    rebuild.told_us = rebuild.began_us;
    snprintf(rebuild.next, sizeof rebuild.next, "%s_next", projection->schema);
    snprintf(rebuild.old, sizeof rebuild.old, "%s_old", projection->schema);
    struct store *store = store_postgres_new(world->conninfo, service, projection, rebuild.next, 0);
    rebuild.db = store_postgres_db(store);
    rebuild.projector = projector_new_over(world, service, projection, store);
    enum err err = run(&rebuild);
    *ret_report = (struct rebuild_report){.duration_us = monotonic_us() - rebuild.began_us};
    for (size_t i = 0; i < rebuild.projector->lanes_count; i++)
        ret_report->events += rebuild.projector->lanes[i].events_total;
    snprintf(ret_problem, REBUILD_PROBLEM_SIZE, "%s", projector_problem(rebuild.projector));
    projector_free(rebuild.projector);
    return err;
}
