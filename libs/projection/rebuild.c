#include "projection/rebuild.h"

#include "projection/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { POLL_MS = 100, PROGRESS_US = 1000000 };

struct rebuild {
    struct projector *projector;
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
    return db_exec(rebuild->projector->db, script);
}

static enum err drop(struct rebuild *rebuild, const char *schema)
{
    return exec(rebuild, "DROP SCHEMA IF EXISTS", schema, " CASCADE");
}

/* One rebuild of a service at a time: the lock lasts as long as the connection. */
static enum err lock_out_others(struct projector *projector)
{
    AUTO_DB_RESULT result = {NULL};
    const char *service = service_name(projector->service);
    enum err err =
        db_query(projector->db, "SELECT pg_try_advisory_lock(hashtext('bourse.rebuild.' || $1))",
                 DB_PARAMS(db_string(service)), &result);
    if (err != OK)
        return projector_fail_db(projector, err, "cannot lock");
    return db_get_bool(&result, 0, 0)
               ? OK
               : projector_fail(projector, ERR_DENIED, "another rebuild of %s is at work", service);
}

/* --- building beside the live tables --- */

static enum err make_schema(struct rebuild *rebuild)
{
    struct projector *projector = rebuild->projector;
    enum err err = tables_create(projector->db);
    if (err == OK)
        err = db_begin(projector->db);
    if (err == OK)
        err = tables_lock(projector->db);
    if (err == OK)
        err = drop(rebuild, rebuild->next);
    if (err == OK)
        err = drop(rebuild, rebuild->old);
    if (err == OK)
        err = tables_create_schema(projector->db, rebuild->next, projector->projection->schema_sql);
    if (err == OK)
        return db_commit(projector->db);
    db_rollback(projector->db);
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
        if (err == OK)
            err = projector_write_batch(rebuild->projector);
        if (err != OK)
            return err;
        projector_written(rebuild->projector, &events);
        report_progress(rebuild);
    }
    return OK;
}

/* --- putting them in place --- */

/* The live projector may have come further meanwhile; it now waits for this transaction. A live
 * position behind the end of the log is none to wait for. */
static enum err reach_live(struct rebuild *rebuild, const struct db_result *positions)
{
    struct projector *projector = rebuild->projector;
    for (size_t i = 0; i < db_rows(positions) && i < projector->lanes_count; i++) {
        struct lane *lane = &projector->lanes[i];
        int64_t start = 0, end = 0;
        enum err err = log_ends(projector->world.log, follower_events_topic(projector->service),
                                lane->partition, &start, &end);
        if (err != OK)
            return projector_fail(projector, err, "cannot ask the broker for the log's end");
        int64_t live = position_next_offset(positions, i);
        lane->goal_offset = live < end ? live : end;
    }
    while (!projector_caught_up(projector)) {
        size_t events = 0;
        enum err err = projector_collect(projector, POLL_MS);
        if (err == OK)
            err = projector_write_rows(projector);
        if (err != OK)
            return err;
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
    enum err err = tables_have_schema(rebuild->projector->db, live, &have);
    if (err == OK && have)
        err = exec(rebuild, "ALTER SCHEMA", live, to_old);
    return err == OK ? exec(rebuild, "ALTER SCHEMA", rebuild->next, to_live) : err;
}

/* Positions start over under a new generation, and move at once to where the new tables are. */
static enum err move_positions(struct projector *projector)
{
    AUTO_DB_RESULT positions = {NULL};
    enum err err = position_reset(projector);
    if (err == OK)
        err = position_load(projector, false, &positions);
    if (err != OK)
        return err;
    projector->generation = position_generation(&positions, 0);
    err = db_batch_begin(projector->db);
    if (err != OK)
        return err;
    for (size_t i = 0; i < projector->lanes_count && err == OK; i++) {
        struct lane *lane = &projector->lanes[i];
        if (!lane->fold->started)
            continue;
        lane->next_offset = 0;
        lane->events = lane->events_total;
        err = position_move(projector, lane);
    }
    return db_batch_end(projector->db);
}

static enum err switch_over(struct rebuild *rebuild)
{
    AUTO_DB_RESULT positions = {NULL};
    struct projector *projector = rebuild->projector;
    enum err err = tables_lock(projector->db);
    if (err == OK)
        err = position_load(projector, true, &positions);
    if (err == OK)
        err = reach_live(rebuild, &positions);
    if (err == OK)
        err = rename_schemas(rebuild);
    if (err == OK)
        err = move_positions(projector);
    return err;
}

static enum err put_in_place(struct rebuild *rebuild)
{
    struct db *db = rebuild->projector->db;
    enum err err = db_begin(db);
    if (err == OK)
        err = switch_over(rebuild);
    if (err != OK) {
        db_rollback(db);
        return err;
    }
    err = db_commit(db);
    return err == ERR_DOUBT ? projector_fail_db(rebuild->projector, err,
                                                "whether the new tables are live is not known, as "
                                                "the connection broke; `bourse projection status` "
                                                "tells by the generation")
                            : err;
}

/* Whatever happens now, the new tables are live: what is left of the old ones is dropped by the
 * next rebuild, if not by this one. */
static void tidy_up(struct rebuild *rebuild)
{
    enum err err = position_notify_all(rebuild->projector);
    if (err == OK)
        err = drop(rebuild, rebuild->old);
    (void)err;
}

static enum err run(struct rebuild *rebuild)
{
    struct projector *projector = rebuild->projector;
    enum err err = projector_count_partitions(projector);
    if (err == OK)
        err = projector_connect(projector);
    if (err == OK)
        err = lock_out_others(projector);
    if (err != OK)
        return err;
    err = make_schema(rebuild);
    if (err != OK)
        return projector_fail_db(projector, err, "cannot make the new tables");
    err = projector_follow(projector, NULL);
    if (err == OK)
        err = build(rebuild);
    if (err != OK)
        return err;
    err = put_in_place(rebuild);
    if (err == OK)
        tidy_up(rebuild);
    else if (projector->problem[0] == 0)
        projector_fail_db(projector, err, "cannot put the new tables in their place");
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
    rebuild.projector = projector_make(world, service, projection, rebuild.next, true);
    enum err err = run(&rebuild);
    *ret_report = (struct rebuild_report){.duration_us = monotonic_us() - rebuild.began_us};
    for (size_t i = 0; i < rebuild.projector->lanes_count; i++)
        ret_report->events += rebuild.projector->lanes[i].events_total;
    snprintf(ret_problem, REBUILD_PROBLEM_SIZE, "%s", projector_problem(rebuild.projector));
    projector_free(rebuild.projector);
    return err;
}
