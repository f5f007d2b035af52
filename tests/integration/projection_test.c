/* libs/projection against a real Postgres, named by BOURSE_TEST_PG, and a log in memory. */
#include "eventlog/headers.h"
#include "eventlog/log_memory.h"
#include "projection/internal.h"
#include "projection/rebuild.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *conninfo;
static char projector_conninfo[1024]; /* tells a projector's connections from others */
static const char TOPIC[] = "bourse.accounts.events";
static const struct uuid INCARNATION = {{0x10}};
static const struct uuid ACTOR = {{0xac}};

/* --- a projection of accounts' status, and a writer of such events --- */

static const struct projection_statement STATEMENTS[] = {
    {.sql = "INSERT INTO things (key, event_offset) SELECT * FROM unnest($1::text[], $2::bigint[]) "
            "ON CONFLICT (key) DO UPDATE SET event_offset = excluded.event_offset",
     .columns = 2,
     .key_columns = 1},
};

static void project(const struct event *event, struct rows *rows)
{
    if (event->kind != EVENT_COMMAND_REJECTED)
        return;
    rows_begin(rows, 0);
    rows_text(rows, event->key);
    rows_int(rows, rows_offset(rows));
}

static const struct projection THINGS = {
    .schema = "projection_test",
    .schema_sql = "CREATE TABLE things (key text PRIMARY KEY, event_offset bigint NOT NULL)",
    .statements = STATEMENTS,
    .statements_count = COUNT_OF(STATEMENTS),
    .project = project,
};

struct world {
    struct log *log;
    struct arena *arena;
    struct fold_state ahead;
    int64_t commands; /* answered so far */
    struct db *db;
    struct projector_world projector;
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
    log_memory_append_raw(world->log, TOPIC, 0, key, buffer_bytes(&value), headers, count);
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

static void claim(struct world *world)
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
static void refuse(struct world *world, const char *key)
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

static const char CLEAN[] = "DROP SCHEMA IF EXISTS projection_test, projection_test_next, "
                            "projection_test_old, bourse CASCADE";

static int make_world(void **state)
{
    static const struct log_topic TOPICS[] = {{TOPIC, 1, true}};
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
    claim(world);
    return db_connect(world->db) != OK || db_exec(world->db, CLEAN) != OK;
}

static int free_world(void **state)
{
    struct world *world = *state;
    enum err err = db_exec(world->db, CLEAN);
    db_free(world->db);
    arena_free(world->arena);
    log_close(world->log);
    free(world);
    return err != OK;
}

static struct projector *opened(struct world *world)
{
    return projector_new(&world->projector, SERVICE_ACCOUNTS, &THINGS);
}

/* Steps until the tables have come to the end of the log. */
static void catch_up(struct projector *projector)
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

static enum err step_to_error(struct projector *projector)
{
    enum err err = OK;
    for (int i = 0; i < 50 && (err == OK || err == ERR_BUSY); i++) {
        size_t events = 0;
        err = projector_step(projector, 10, &events);
    }
    return err;
}

static void assert_answer(struct world *world, const char *sql, const char *expected)
{
    AUTO_DB_RESULT result = {NULL};
    if (db_query(world->db, sql, DB_NO_PARAMS, &result) != OK)
        fail_msg("%s", db_error_text(world->db));
    assert_int_equal(db_rows(&result), 1);
    assert_string_equal(db_get_text(&result, 0, 0).data, expected);
}

#define THINGS_SQL(schema)                                                                         \
    "SELECT string_agg(key || '=' || event_offset, ' ' ORDER BY key) FROM " schema ".things"

/* --- tests --- */

static void rows_journal_and_position_are_written_together(void **state)
{
    struct world *world = *state;
    refuse(world, "a");
    refuse(world, "b");
    refuse(world, "a");
    struct projector *projector = opened(world);

    catch_up(projector);

    assert_true(projector_caught_up(projector));
    assert_answer(world, THINGS_SQL("projection_test"), "a=4 b=3");
    assert_answer(world,
                  "SELECT next_offset || ' ' || events_count || ' ' || sources::text || ' ' || "
                  "epoch || ' ' || wseq FROM bourse.positions",
                  "5 4 {\"bourse.accounts.commands/0\": 2} 1 3");
    assert_answer(world,
                  "SELECT row_to_json(events)::text FROM projection_test.events "
                  "WHERE event_offset = 2",
                  "{\"partition\":0,\"event_offset\":2,"
                  "\"event_id\":\"00000000-0000-0000-0000-000000000000\","
                  "\"type\":\"CommandRejected\",\"key\":\"a\","
                  "\"command_id\":\"c0000000-0000-0000-0000-000000000000\","
                  "\"correlation_id\":null,"
                  "\"actor_id\":\"ac000000-0000-0000-0000-000000000000\",\"answers\":true,"
                  "\"code\":\"NOT_FOUND\",\"occurred_at\":\"1970-01-01T00:00:01+00:00\","
                  "\"cause\":\"accounts.commands/0/0\","
                  "\"request\":{\"market_maker_id\":\"00000000-0000-0000-0000-000000000000\","
                  "\"cancel_orders\":false},"
                  "\"action\":\"DeactivateMarketMaker\",\"ip_address\":null,\"user_agent\":null,"
                  "\"result\":{\"code\":\"NOT_FOUND\",\"message\":\"There is none.\","
                  "\"field\":\"id\"}}");
    projector_free(projector);
}

static void a_projector_goes_on_where_the_one_before_stopped(void **state)
{
    struct world *world = *state;
    refuse(world, "a");
    struct projector *projector = opened(world);
    catch_up(projector);
    projector_free(projector);
    refuse(world, "b");

    projector = opened(world);
    catch_up(projector);

    assert_answer(world, THINGS_SQL("projection_test"), "a=2 b=3");
    assert_answer(world, "SELECT count(*) FROM projection_test.events", "2");
    projector_free(projector);
}

static void what_a_replaced_writer_lands_is_passed_over(void **state)
{
    struct world *world = *state;
    struct fold_state zombie = world->ahead;
    claim(world);
    struct fold_state current = world->ahead;
    world->ahead = zombie;
    refuse(world, "zombie");
    world->ahead = current;
    refuse(world, "a");
    struct projector *projector = opened(world);

    catch_up(projector);

    assert_answer(world, THINGS_SQL("projection_test"), "a=4");
    projector_free(projector);
}

static void of_two_projectors_one_stops(void **state)
{
    struct world *world = *state;
    struct projector *first = opened(world);
    struct projector *second = opened(world);
    catch_up(first);
    catch_up(second);
    refuse(world, "a");
    catch_up(first);

    assert_int_equal(step_to_error(second), ERR_FENCED);

    assert_answer(world, THINGS_SQL("projection_test"), "a=2");
    assert_answer(world, "SELECT count(*) FROM projection_test.events", "1");
    projector_free(first);
    projector_free(second);
}

static void a_position_ahead_of_the_log_stops_with_a_sentence(void **state)
{
    struct world *world = *state;
    refuse(world, "a");
    struct projector *projector = opened(world);
    catch_up(projector);
    projector_free(projector);
    log_memory_truncate(world->log, TOPIC, 0, 2);

    projector = opened(world);
    assert_int_equal(step_to_error(projector), ERR_LOG);

    assert_non_null(strstr(projector_problem(projector), "the log ends before"));
    assert_non_null(strstr(projector_problem(projector), "bourse projection rebuild accounts"));
    projector_free(projector);
}

static void another_record_where_one_was_projected_stops(void **state)
{
    struct world *world = *state;
    struct fold_state before = world->ahead;
    refuse(world, "a");
    struct projector *projector = opened(world);
    catch_up(projector);
    projector_free(projector);
    log_memory_truncate(world->log, TOPIC, 0, 2);
    world->ahead = before;
    refuse(world, "other");

    projector = opened(world);
    assert_int_equal(step_to_error(projector), ERR_LOG);

    assert_non_null(strstr(projector_problem(projector), "another record"));
    projector_free(projector);
}

static void nothing_is_lost_or_doubled_when_connections_break(void **state)
{
    struct world *world = *state;
    struct projector *projector = opened(world);
    for (int i = 0; i < 20; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%02d", i);
        refuse(world, key);
        catch_up(projector);
        AUTO_DB_RESULT killed = {NULL};
        assert_int_equal(db_query(world->db,
                                  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                  "WHERE application_name = 'projection_test'",
                                  DB_NO_PARAMS, &killed),
                         OK);
    }
    assert_answer(world, "SELECT count(*) || ' ' || max(event_offset) FROM projection_test.events",
                  "20 21");
    projector_free(projector);
}

static void a_dropped_database_is_made_again_from_the_log(void **state)
{
    struct world *world = *state;
    refuse(world, "a");
    struct projector *projector = opened(world);
    catch_up(projector);
    assert_int_equal(db_exec(world->db, CLEAN), OK);
    refuse(world, "b");
    assert_int_equal(step_to_error(projector), ERR_CONFIG);
    projector_free(projector);

    projector = opened(world);
    catch_up(projector);

    assert_answer(world, THINGS_SQL("projection_test"), "a=2 b=3");
    projector_free(projector);
}

static void tables_of_another_version_stop_until_rebuilt(void **state)
{
    struct world *world = *state;
    struct projection newer = THINGS;
    newer.schema_sql = "CREATE TABLE things (key text PRIMARY KEY, event_offset bigint, more int)";
    refuse(world, "a");
    struct projector *projector = opened(world);
    catch_up(projector);
    projector_free(projector);

    projector = projector_new(&world->projector, SERVICE_ACCOUNTS, &newer);
    assert_int_equal(step_to_error(projector), ERR_CONFIG);
    assert_non_null(strstr(projector_problem(projector), "another version"));
    projector_free(projector);

    struct rebuild_report report;
    char problem[REBUILD_PROBLEM_SIZE];
    assert_int_equal(
        projection_rebuild(&world->projector, SERVICE_ACCOUNTS, &newer, NULL, &report, problem),
        OK);
    projector = projector_new(&world->projector, SERVICE_ACCOUNTS, &newer);
    catch_up(projector);
    projector_free(projector);
}

static void a_rebuild_gives_the_same_rows_and_fences_the_live_projector(void **state)
{
    struct world *world = *state;
    refuse(world, "a");
    refuse(world, "b");
    struct projector *live = opened(world);
    catch_up(live);
    assert_int_equal(db_exec(world->db, "UPDATE projection_test.things SET event_offset = 99"), OK);

    struct rebuild_report report;
    char problem[REBUILD_PROBLEM_SIZE] = "";
    if (projection_rebuild(&world->projector, SERVICE_ACCOUNTS, &THINGS, NULL, &report, problem) !=
        OK)
        fail_msg("%s", problem);

    assert_int_equal(report.events, 3);
    assert_answer(world, THINGS_SQL("projection_test"), "a=2 b=3");
    assert_answer(world,
                  "SELECT next_offset || ' ' || generation || ' ' || events_count || ' ' || "
                  "sources::text FROM bourse.positions",
                  "4 2 3 {\"bourse.accounts.commands/0\": 1}");
    assert_answer(world, "SELECT count(*) FROM pg_namespace WHERE nspname ~ '_(next|old)$'", "0");
    refuse(world, "c");
    assert_int_equal(step_to_error(live), ERR_FENCED);
    projector_free(live);

    live = opened(world);
    catch_up(live);
    assert_answer(world, THINGS_SQL("projection_test"), "a=2 b=3 c=4");
    projector_free(live);
}

static void a_rebuild_makes_what_is_missing(void **state)
{
    struct world *world = *state;
    struct rebuild_report report;
    char problem[REBUILD_PROBLEM_SIZE] = "";
    refuse(world, "a");

    if (projection_rebuild(&world->projector, SERVICE_ACCOUNTS, &THINGS, NULL, &report, problem) !=
        OK)
        fail_msg("%s", problem);

    assert_answer(world, THINGS_SQL("projection_test"), "a=2");
}

static void each_batch_says_how_far_it_came(void **state)
{
    struct world *world = *state;
    assert_int_equal(db_exec(world->db, "LISTEN " PROJECTOR_CHANNEL), OK);
    refuse(world, "a");
    struct projector *projector = opened(world);
    catch_up(projector);

    struct text channel;
    struct text payload;
    assert_int_equal(db_notification(world->db, 1000, &channel, &payload), OK);
    assert_true(text_is(payload, "accounts/0 bourse.accounts.events/0:2"));
    projector_free(projector);

    projector = opened(world);
    size_t events = 0;
    assert_int_equal(projector_step(projector, 10, &events), OK);
    assert_int_equal(db_notification(world->db, 1000, &channel, &payload), OK);
    assert_true(text_is(payload, "accounts/0 bourse.accounts.events/0:2"));
    projector_free(projector);
    assert_int_equal(db_exec(world->db, "UNLISTEN *"), OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, free_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_journal_and_position_are_written_together),
        TEST(a_projector_goes_on_where_the_one_before_stopped),
        TEST(what_a_replaced_writer_lands_is_passed_over),
        TEST(of_two_projectors_one_stops),
        TEST(a_position_ahead_of_the_log_stops_with_a_sentence),
        TEST(another_record_where_one_was_projected_stops),
        TEST(nothing_is_lost_or_doubled_when_connections_break),
        TEST(a_dropped_database_is_made_again_from_the_log),
        TEST(tables_of_another_version_stop_until_rebuilt),
        TEST(a_rebuild_gives_the_same_rows_and_fences_the_live_projector),
        TEST(a_rebuild_makes_what_is_missing),
        TEST(each_batch_says_how_far_it_came),
    };
    conninfo = getenv("BOURSE_TEST_PG");
    if (conninfo == NULL) {
        fprintf(stderr, "projection_test needs BOURSE_TEST_PG, a libpq connection string\n");
        return 1;
    }
    snprintf(projector_conninfo, sizeof projector_conninfo, "%s application_name=projection_test",
             conninfo);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
