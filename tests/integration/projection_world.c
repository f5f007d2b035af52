#include "projection_world.h"

#include "eventlog/headers.h"
#include "eventlog/log_memory.h"

static const char *conninfo;
static char projector_conninfo[1024]; /* tells a projector's connections from others */
static const struct uuid INCARNATION = {{0x10}};
static const struct uuid ACTOR = {{0xac}};

/* --- a projection, and a writer of what it shows --- */

static const struct projection_statement STATEMENTS[] = {
    {.table = "things",
     .kind = PROJECTION_UPSERT,
     .key_columns = 1,
     .columns = {{"key", COLUMN_TEXT}, {"event_offset", COLUMN_BIGINT}}},
};

static void project(const struct event *event, struct rows *rows)
{
    if (event->kind != EVENT_COMMAND_REJECTED)
        return;
    rows_begin(rows, 0);
    rows_text(rows, event->key);
    rows_int(rows, rows_offset(rows));
}

const struct projection WORLD_THINGS = {
    .schema = "projection_test",
    .schema_sql = "CREATE TABLE things (key text PRIMARY KEY, event_offset bigint NOT NULL)",
    .statements = STATEMENTS,
    .statements_count = COUNT_OF(STATEMENTS),
    .project = project,
};

static void append(struct world *world, struct event *event)
{
    struct log_header headers[LOG_HEADERS_MAX];
    struct buffer value;
    arena_reset(world->arena);
    event->meta.incarnation = INCARNATION;
    event->meta.service = TEXT("accounts");
    buffer_init(&value, 1 << 20);
    event_encode(event, &value);
    size_t count = headers_of_event(event, world->arena, headers);
    struct bytes key = {(const uint8_t *)event->key.data, event->key.size};
    log_memory_append_raw(world->log, WORLD_TOPIC, 0, key, buffer_bytes(&value), headers, count);
    world->ahead.head = event->kind == EVENT_LOG_CREATED
                            ? fold_record_hash(key, buffer_bytes(&value))
                            : fold_hash(&world->ahead.head, key, buffer_bytes(&value));
    buffer_free(&value);
}

static void create_log(struct world *world)
{
    struct partition_count count = {.service = TEXT("accounts"), .count = 1};
    struct event event = {.kind = EVENT_LOG_CREATED, .key = TEXT("accounts")};
    event.log_created.partition_counts = &count;
    event.log_created.partition_counts_count = 1;
    append(world, &event);
}

void world_claim(struct world *world)
{
    struct event event = {.kind = EVENT_WRITER_CLAIMED, .key = TEXT("accounts")};
    world->ahead.epoch++;
    world->ahead.wseq = 0;
    world->ahead.nonce = (struct nonce){{(uint8_t)world->ahead.epoch}};
    event.meta.epoch = world->ahead.epoch;
    event.meta.nonce = world->ahead.nonce;
    event.meta.prev_hash = world->ahead.head;
    event.writer_claimed.min_reader = 1;
    append(world, &event);
}

/* The refusal of a deposit, as the writer of `epoch` tells it. */
void world_refuse(struct world *world, const char *key)
{
    struct command command = {.kind = COMMAND_DEACTIVATE_MARKET_MAKER};
    struct cause_run cause = {.topic = TEXT("bourse.accounts.commands"),
                              .first_offset = world->commands,
                              .last_offset = world->commands};
    struct buffer request;
    buffer_init(&request, 1 << 16);
    command_encode(&command, &request);
    struct event event = {.key = text_of(key)};
    event_reject(&event, "NOT_FOUND", TEXT("There is none."), "id");
    event.meta = (struct event_meta){
        .epoch = world->ahead.epoch,
        .nonce = world->ahead.nonce,
        .wseq = ++world->ahead.wseq,
        .prev_hash = world->ahead.head,
        .cause = &cause,
        .cause_count = 1,
        .has_command_id = true,
        .command_id = {{0xc0, (uint8_t)world->commands}},
        .has_actor = true,
        .actor = {.user_id = ACTOR},
        .has_request = true,
        .request = buffer_bytes(&request),
        .occurred_at = 1000000,
    };
    world->commands++;
    append(world, &event);
    buffer_free(&request);
}

/* --- the world of each test --- */

const char WORLD_CLEAN[] = "DROP SCHEMA IF EXISTS projection_test, projection_test_next, "
                           "projection_test_previous, bourse CASCADE";

int world_make(void **state)
{
    static const struct log_topic TOPICS[] = {{WORLD_TOPIC, 1, true}};
    const char *problem = NULL;
    struct world *world = calloc(1, sizeof *world);
    world->log = log_open_memory();
    world->arena = arena_new(1 << 24);
    world->db = db_new(conninfo, 5000);
    world->projector = (struct projector_world){.log = world->log, .conninfo = projector_conninfo};
    *state = world;
    if (log_create_topics(world->log, TOPICS, 1, 1, &problem) != OK)
        return 1;
    create_log(world);
    world_claim(world);
    return db_connect(world->db) != OK || db_exec(world->db, WORLD_CLEAN) != OK;
}

int world_free(void **state)
{
    struct world *world = *state;
    enum err err = db_exec(world->db, WORLD_CLEAN);
    db_free(world->db);
    arena_free(world->arena);
    log_close(world->log);
    free(world);
    return err != OK;
}

struct projector *world_projector(struct world *world)
{
    return projector_new(&world->projector, SERVICE_ACCOUNTS, &WORLD_THINGS);
}

/* Steps until the tables have come to the end of the log. */
void world_catch_up(struct projector *projector)
{
    int64_t lag = 1;
    for (int i = 0; i < 200 && lag > 0; i++) {
        size_t events = 0;
        enum err err = projector_step(projector, 10, &events);
        if (err != OK && err != ERR_BUSY)
            fail_msg("%s: %s", err_name(err), projector_problem(projector));
        assert_int_equal(projector_lag(projector, &lag), OK);
    }
    assert_int_equal(lag, 0);
}

enum err world_step_to_error(struct projector *projector)
{
    enum err err = OK;
    for (int i = 0; i < 50 && (err == OK || err == ERR_BUSY); i++) {
        size_t events = 0;
        err = projector_step(projector, 10, &events);
    }
    return err;
}

void world_assert_answer(struct world *world, const char *sql, const char *expected)
{
    AUTO_DB_RESULT result = {NULL};
    if (db_query(world->db, sql, DB_NO_PARAMS, &result) != OK)
        fail_msg("%s", db_error_text(world->db));
    assert_int_equal(db_rows(&result), 1);
    assert_string_equal(db_get_text(&result, 0, 0).data, expected);
}

void world_break_connections(struct world *world)
{
    AUTO_DB_RESULT killed = {NULL};
    assert_int_equal(db_query(world->db,
                              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                              "WHERE application_name = 'projection_test'",
                              DB_NO_PARAMS, &killed),
                     OK);
}

bool world_find_postgres(void)
{
    conninfo = getenv("BOURSE_TEST_PG");
    if (conninfo == NULL) {
        fprintf(stderr, "this test needs BOURSE_TEST_PG, a libpq connection string\n");
        return false;
    }
    snprintf(projector_conninfo, sizeof projector_conninfo, "%s application_name=projection_test",
             conninfo);
    return true;
}
