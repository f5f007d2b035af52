/* Tables beside the live ones, put in their place. */
#include "projection/beside.h"
#include "projection/position.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES_MAX = 10 };

/* Only those can be read on from that this program's code has made. */
static enum err check_tables(struct rebuild *rebuild, enum tables_place place)
{
    struct store_position *positions = NULL;
    size_t count = 0;
    char name[TABLES_NAME_SIZE], schema_hash[STORE_HASH_SIZE];
    rebuild_positions(rebuild, place, name);
    store_hash_schema(rebuild->projection->schema_sql, schema_hash);
    enum err err = position_load(rebuild->db, name, false, &positions, &count);
    if (err != OK)
        return rebuild_fail_db(rebuild, err, rebuild->db, "cannot read the positions");
    if (count == 0)
        err = rebuild_fail(rebuild, ERR_NOT_FOUND, "there are no tables %s", name);
    else if (strcmp(positions[0].schema_hash, schema_hash) != 0)
        err = rebuild_fail(rebuild, ERR_CONFIG,
                           "the tables %s were made by another version: use that one's `bourse`",
                           name);
    free(positions);
    return err;
}

/* --- while nobody waits --- */

/* Nobody has looked at the new rows yet: without this the first plans would be as for none. */
static enum err analyze(struct rebuild *rebuild, enum tables_place place)
{
    char schema[TABLES_NAME_SIZE], script[512];
    rebuild_schema(rebuild, place, schema);
    snprintf(script, sizeof script,
             "DO $$ DECLARE name text; BEGIN "
             "FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = '%s' LOOP "
             "EXECUTE format('ANALYZE %%I.%%I', '%s', name); END LOOP; END $$",
             schema, schema);
    enum err err = db_exec(rebuild->db, script);
    return err == OK ? OK : rebuild_fail_db(rebuild, err, rebuild->db, "cannot analyze the tables");
}

/* It reads as the running projector does, so that little is missing when that has to wait. */
static enum err come_near(struct rebuild *rebuild, struct goals *goals)
{
    enum err err = rebuild_goals(rebuild, rebuild->db, false, goals);
    if (err == OK)
        err = rebuild_reach(rebuild, goals, false);
    return err;
}

/* --- while the projector waits --- */

/* Switches come one after the other, whatever the service: they hold positions, which are all in
 * one table. */
static enum err hold(struct rebuild *rebuild)
{
    enum err err = db_exec(rebuild->db, "SET LOCAL lock_timeout = '2s'");
    if (err == OK)
        err = db_query(rebuild->db, "SELECT FROM pg_advisory_xact_lock(hashtext('bourse.switch'))",
                       DB_NO_PARAMS, NULL);
    return err;
}

static enum err move(struct rebuild *rebuild, enum tables_place from, enum tables_place to)
{
    bool have = false;
    char schema[TABLES_NAME_SIZE], new_schema[TABLES_NAME_SIZE];
    char positions[TABLES_NAME_SIZE], new_positions[TABLES_NAME_SIZE];
    rebuild_schema(rebuild, from, schema);
    rebuild_schema(rebuild, to, new_schema);
    rebuild_positions(rebuild, from, positions);
    rebuild_positions(rebuild, to, new_positions);
    enum err err = tables_drop_schema(rebuild->db, new_schema);
    if (err == OK)
        err = position_drop(rebuild->db, new_positions);
    if (err == OK)
        err = tables_have_schema(rebuild->db, schema, &have);
    if (err == OK && have)
        err = tables_rename_schema(rebuild->db, schema, new_schema);
    if (err == OK && have)
        err = position_rename(rebuild->db, positions, new_positions);
    return err;
}

static enum err note_switch(struct rebuild *rebuild)
{
    return db_query(rebuild->db,
                    "INSERT INTO bourse.switches (service, generation) "
                    "SELECT service, max(generation) FROM bourse.positions WHERE service = $1 "
                    "GROUP BY service",
                    DB_PARAMS(db_string(service_name(rebuild->service))), NULL);
}

static enum err swap(struct rebuild *rebuild, enum tables_place place)
{
    const char *live = service_name(rebuild->service);
    enum err err = tables_lock(rebuild->db);
    if (err == OK) /* waits for those who read in more than one statement (tables.sql) */
        err = db_exec(rebuild->db, "LOCK TABLE bourse.switches IN ACCESS EXCLUSIVE MODE");
    if (err == OK)
        err = move(rebuild, TABLES_LIVE, place == TABLES_NEXT ? TABLES_PREVIOUS : TABLES_NEXT);
    if (err == OK)
        err = move(rebuild, place, TABLES_LIVE);
    if (err == OK)
        err = position_renew(rebuild->db, rebuild->service, live);
    if (err == OK)
        err = note_switch(rebuild);
    if (err == OK)
        err = position_notify_all(rebuild->db, rebuild->service);
    return err;
}

static enum err try_to_switch(struct rebuild *rebuild, enum tables_place place, struct goals *goals)
{
    enum err err = db_begin(rebuild->db);
    if (err == OK)
        err = hold(rebuild);
    if (err != OK)
        return rebuild_fail_db(rebuild, err, rebuild->db, "cannot begin to switch");
    err = rebuild_goals(rebuild, rebuild->db, true, goals);
    if (err == OK)
        err = rebuild_reach(rebuild, goals, false);
    if (err != OK)
        return err;
    err = swap(rebuild, place);
    if (err == OK)
        err = db_commit(rebuild->db);
    return err == OK ? OK : rebuild_fail_db(rebuild, err, rebuild->db, "cannot switch");
}

enum err rebuild_switch(struct rebuild *rebuild, enum tables_place place)
{
    struct goals goals = {.offsets = NULL};
    CHECK(place != TABLES_LIVE);
    enum err err = rebuild_connect(rebuild);
    if (err == OK)
        err = check_tables(rebuild, place);
    if (err == OK)
        err = rebuild_open(rebuild, place);
    if (err == OK)
        err = come_near(rebuild, &goals);
    if (err == OK)
        err = analyze(rebuild, place);
    enum err tried = ERR_BUSY;
    for (int i = 0; i < TRIES_MAX && err == OK && tried == ERR_BUSY; i++) {
        err = come_near(rebuild, &goals);
        if (err != OK)
            break;
        tried = try_to_switch(rebuild, place, &goals);
        db_rollback(rebuild->db);
    }
    projector_free(rebuild->projector);
    rebuild->projector = NULL;
    free(goals.offsets);
    return err != OK ? err : tried;
}
