/* bourse projection status, bourse projection rebuild. */
#include "cli/cli.h"
#include "eventlog/follower.h"
#include "projection/rebuild.h"
#include "projection/tables.h"

#include <inttypes.h>
#include <stdio.h>

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

static int print_partition(struct db *db, struct log *log, enum service_id service,
                           int32_t partition)
{
    AUTO_DB_RESULT row = {NULL};
    int64_t start = 0, end = 0;
    const char *name = service_name(service);
    if (log_ends(log, follower_events_topic(service), partition, &start, &end) != OK)
        return cli_fail("the broker does not answer about %s/%d", name, partition);
    if (db_query(db, POSITIONS, DB_PARAMS(db_string(name), db_int(partition)), &row) != OK)
        return cli_fail("cannot read the positions: %s", db_error_text(db));
    if (db_rows(&row) == 0) {
        printf("%-10s %9d %12s %12" PRId64 " %10" PRId64 " %12s %10s  %s\n", name, partition, "-",
               end, end, "-", "-", "never");
        return CLI_OK;
    }
    int64_t position = db_get_int(&row, 0, 0);
    printf("%-10s %9d %12" PRId64 " %12" PRId64 " %10" PRId64 " %12" PRId64 " %10" PRId64 "  %s\n",
           name, partition, position, end, end - position, db_get_int(&row, 0, 1),
           db_get_int(&row, 0, 2), db_get_text(&row, 0, 3).data);
    return CLI_OK;
}

static int print_service(struct db *db, struct log *log, enum service_id service)
{
    int32_t partitions = 0;
    const char *topic = follower_events_topic(service);
    enum err err = log_partition_count(log, topic, &partitions);
    if (err != OK)
        return cli_fail("cannot read %s: %s", topic,
                        err == ERR_NOT_FOUND ? "there is none; run `bourse init`"
                                             : "the broker does not answer");
    int status = CLI_OK;
    for (int32_t i = 0; i < partitions && status == CLI_OK; i++)
        status = print_partition(db, log, service, i);
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
        return cli_fail("there are no projections yet: a projector makes them when it starts");
    printf("%-10s %9s %12s %12s %10s %12s %10s  %s\n", "SERVICE", "PARTITION", "POSITION",
           "LOG-END", "LAG", "EVENTS", "GENERATION", "UPDATED");
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

/* --- rebuild --- */

static void print_progress(int64_t events)
{
    cli_say("%" PRId64 " events so far", events);
}

static int rebuild(const struct config *config, enum service_id service)
{
    struct projector_world world = {.conninfo = config->pg};
    struct rebuild_report report;
    char problem[REBUILD_PROBLEM_SIZE];
    enum err err = ERR_CONFIG;
    if (cli_open_log(config, &world.log) && cli_open_vault(config, &world.vault) &&
        cli_open_geo(config, &world.geo)) {
        err = projection_rebuild(&world, service, CLI_PROJECTIONS[service], print_progress, &report,
                                 problem);
        if (err != OK)
            cli_fail("%s", problem);
    }
    vault_free(world.vault);
    geo_close(world.geo);
    log_close(world.log);
    if (err != OK)
        return CLI_FAILED;
    double seconds = (double)report.duration_us / 1e6;
    printf("%s: %" PRId64 " events in %.1f s, %.0f events/s\n", service_name(service),
           report.events, seconds, (double)report.events / (seconds > 0 ? seconds : 1));
    return CLI_OK;
}

int cli_projection_rebuild(int argc, char **argv)
{
    struct config config;
    enum service_id service;
    if (argc != 2 || service_named(text_of(argv[1]), &service) != OK)
        return cli_usage("projection rebuild takes one of %s", service_names());
    if (!cli_config(PROCESS_PROJECTOR, &config))
        return CLI_FAILED;
    int status = rebuild(&config, service);
    config_free(&config);
    return status;
}
