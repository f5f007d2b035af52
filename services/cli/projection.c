/* bourse projection status, rebuild, switch, switch-back, drop. */
#include "cli/cli.h"
#include "eventlog/follower.h"
#include "projection/rebuild.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Each stands in its service's project.c. */
extern const struct projection ACCOUNTS_PROJECTION, ORDERS_PROJECTION, AUDIT_PROJECTION,
    SETTINGS_PROJECTION, DESK_PROJECTION;

const struct projection *const CLI_PROJECTIONS[SERVICES] = {
    [SERVICE_ACCOUNTS] = &ACCOUNTS_PROJECTION, [SERVICE_ORDERS] = &ORDERS_PROJECTION,
    [SERVICE_AUDIT] = &AUDIT_PROJECTION,       [SERVICE_SETTINGS] = &SETTINGS_PROJECTION,
    [SERVICE_DESK] = &DESK_PROJECTION,
};

enum { STATEMENT_TIMEOUT_MS = 30000 };

/* --- status --- */

static const char POSITIONS[] =
    "SELECT next_offset, events_count, generation, "
    "to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') "
    "FROM bourse.positions WHERE service = $1 AND partition = $2";

/* How far tables called `name` are; where there are none, that is said of the live ones only. */
static int print_partition(struct db *db, const char *name, bool live, int32_t partition,
                           int64_t end)
{
    AUTO_DB_RESULT row = {NULL};
    if (db_query(db, POSITIONS, DB_PARAMS(db_string(name), db_int(partition)), &row) != OK)
        return cli_fail("cannot read the positions: %s", db_error_text(db));
    if (db_rows(&row) == 0 && live)
        printf("%-17s %9d %12s %12" PRId64 " %10" PRId64 " %12s %10s  %s\n", name, partition, "-",
               end, end, "-", "-", "never");
    if (db_rows(&row) == 0)
        return CLI_OK;
    int64_t position = db_get_int(&row, 0, 0);
    printf("%-17s %9d %12" PRId64 " %12" PRId64 " %10" PRId64 " %12" PRId64 " %10" PRId64 "  %s\n",
           name, partition, position, end, end - position, db_get_int(&row, 0, 1),
           db_get_int(&row, 0, 2), db_get_text(&row, 0, 3).data);
    return CLI_OK;
}

static int print_place(struct db *db, struct log *log, enum service_id service,
                       enum tables_place place, int32_t partitions)
{
    char name[TABLES_NAME_SIZE];
    int status = CLI_OK;
    tables_name(service_name(service), place, name);
    for (int32_t i = 0; i < partitions && status == CLI_OK; i++) {
        int64_t start = 0, end = 0;
        if (log_ends(log, follower_events_topic(service), i, &start, &end) != OK)
            return cli_fail("the broker does not answer about %s/%d", service_name(service), i);
        status = print_partition(db, name, place == TABLES_LIVE, i, end);
    }
    return status;
}

static int print_service(struct db *db, struct log *log, enum service_id service)
{
    static const enum tables_place PLACES[] = {TABLES_LIVE, TABLES_NEXT, TABLES_PREVIOUS};
    int32_t partitions = 0;
    const char *topic = follower_events_topic(service);
    enum err err = log_partition_count(log, topic, &partitions);
    if (err != OK)
        return cli_fail("cannot read %s: %s", topic,
                        err == ERR_NOT_FOUND ? "there is none; run `bourse init`"
                                             : "the broker does not answer");
    int status = CLI_OK;
    for (size_t i = 0; i < COUNT_OF(PLACES) && status == CLI_OK; i++)
        status = print_place(db, log, service, PLACES[i], partitions);
    return status;
}

static int print_status(struct db *db, struct log *log)
{
    bool have = false;
    enum err err = db_connect(db);
    if (err == OK)
        err = tables_have_schema(db, "bourse", &have);
    if (err != OK)
        return cli_fail("cannot use the projection database: %s", db_error_text(db));
    if (!have)
        return cli_fail("there are no projections yet: bourse init makes them");
    printf("%-17s %9s %12s %12s %10s %12s %10s  %s\n", "TABLES", "PARTITION", "POSITION", "LOG-END",
           "LAG", "EVENTS", "GENERATION", "UPDATED");
    int status = CLI_OK;
    for (int i = 0; i < SERVICES && status == CLI_OK; i++)
        status = print_service(db, log, (enum service_id)i);
    return status;
}

int cli_projection_status(int argc, char **argv)
{
    struct config config;
    struct log *log = NULL;
    int status = CLI_FAILED;
    if (argc != 1)
        return cli_usage("projection status takes no argument, but got '%s'", argv[1]);
    if (!cli_config(PROCESS_CLI, &config))
        return CLI_FAILED;
    if (cli_open_log(&config, &log)) {
        struct db *db = db_new(config.pg, STATEMENT_TIMEOUT_MS);
        status = print_status(db, log);
        db_free(db);
    }
    log_close(log);
    config_free(&config);
    return status;
}

/* --- how a rebuild goes --- */

static void print_progress(int64_t records, int64_t of_records)
{
    cli_say("%" PRId64 " of %" PRId64 " records", records, of_records);
}

static void print_table(const struct rebuild_table *table)
{
    if (table->same)
        return;
    printf("%s: %" PRId64 " rows where the live table has %" PRId64 "%s\n", table->name,
           table->next_rows, table->live_rows,
           table->next_rows == table->live_rows ? ", with other contents" : "");
}

/* --- rebuild, switch, switch-back, drop --- */

/* Opens what a rebuild needs, has `work` done, and says what became of it. */
static int with_rebuild(const char *name, int (*work)(struct rebuild *rebuild, const char *service))
{
    struct config config;
    enum service_id service;
    if (service_named(text_of(name), &service) != OK)
        return cli_usage("'%s' is none of %s", name, service_names());
    if (!cli_config(PROCESS_PROJECTOR, &config))
        return CLI_FAILED;
    const struct rebuild_watcher watcher = {print_progress, print_table};
    struct projector_world world = {.conninfo = config.pg};
    int status = CLI_FAILED;
    if (cli_open_log(&config, &world.log) && cli_open_vault(&config, &world.vault) &&
        cli_open_geo(&config, &world.geo)) {
        struct rebuild *rebuild = rebuild_new(&world, service, CLI_PROJECTIONS[service], &watcher);
        status = work(rebuild, service_name(service));
        rebuild_free(rebuild);
    }
    vault_free(world.vault);
    geo_close(world.geo);
    log_close(world.log);
    config_free(&config);
    return status;
}

static int build(struct rebuild *rebuild, const char *service, bool *ret_same)
{
    struct rebuild_report report;
    if (rebuild_build(rebuild, &report) != OK)
        return cli_fail("%s", rebuild_problem(rebuild));
    double seconds = (double)report.duration_us / 1e6;
    printf("%s: %" PRId64 " events in %.1f s, %.0f events/s\n", service, report.events, seconds,
           (double)report.events / (seconds > 0 ? seconds : 1));
    if (!report.compared)
        printf("%s: not compared, as there are no live tables at a position of this log\n",
               service);
    else
        printf("%s: %d of %d tables are the same as the live ones\n", service,
               report.tables - report.tables_apart, report.tables);
    *ret_same = report.compared && report.tables_apart == 0;
    return CLI_OK;
}

static int build_beside(struct rebuild *rebuild, const char *service)
{
    bool same = false;
    int status = build(rebuild, service, &same);
    return status == CLI_OK && !same ? CLI_FAILED : status;
}

static int switch_to(struct rebuild *rebuild, const char *service, enum tables_place place)
{
    enum err err = rebuild_switch(rebuild, place);
    if (err == ERR_DOUBT)
        return cli_fail("%s; whether the tables were switched is told by the generation in "
                        "`bourse projection status`",
                        rebuild_problem(rebuild));
    if (err != OK)
        return cli_fail("%s", rebuild_problem(rebuild));
    printf("%s: switched\n", service);
    return CLI_OK;
}

static int build_and_switch(struct rebuild *rebuild, const char *service)
{
    bool same = false;
    int status = build(rebuild, service, &same);
    if (status == CLI_OK)
        status = switch_to(rebuild, service, TABLES_NEXT);
    if (status == CLI_OK && rebuild_drop(rebuild, TABLES_PREVIOUS) != OK)
        cli_say("the old tables stand as %s_previous, for: %s", service, rebuild_problem(rebuild));
    return status;
}

static int switch_to_next(struct rebuild *rebuild, const char *service)
{
    return switch_to(rebuild, service, TABLES_NEXT);
}

static int switch_to_previous(struct rebuild *rebuild, const char *service)
{
    return switch_to(rebuild, service, TABLES_PREVIOUS);
}

static int drop(struct rebuild *rebuild, const char *service)
{
    (void)service;
    enum err err = rebuild_drop(rebuild, TABLES_NEXT);
    if (err == OK)
        err = rebuild_drop(rebuild, TABLES_PREVIOUS);
    return err == OK ? CLI_OK : cli_fail("%s", rebuild_problem(rebuild));
}

int cli_projection_rebuild(int argc, char **argv)
{
    bool beside = argc == 3 && strcmp(argv[2], "--beside") == 0;
    if (argc != 2 && !beside)
        return cli_usage("projection rebuild takes one of %s, and --beside", service_names());
    return with_rebuild(argv[1], beside ? build_beside : build_and_switch);
}

static int with_one_service(int argc, char **argv,
                            int (*work)(struct rebuild *rebuild, const char *service))
{
    if (argc != 2)
        return cli_usage("projection %s takes one of %s", argv[0], service_names());
    return with_rebuild(argv[1], work);
}

int cli_projection_switch(int argc, char **argv)
{
    return with_one_service(argc, argv, switch_to_next);
}

int cli_projection_switch_back(int argc, char **argv)
{
    return with_one_service(argc, argv, switch_to_previous);
}

int cli_projection_drop(int argc, char **argv)
{
    return with_one_service(argc, argv, drop);
}
