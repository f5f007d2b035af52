/* A projector against a real Postgres and a log in memory. */
#include "projection_world.h"

#include "eventlog/log_memory.h"

#include <inttypes.h>

static void rows_journal_and_position_are_written_together(void **state)
{
    struct world *world = *state;
    world_refuse(world, "a");
    world_refuse(world, "b");
    world_refuse(world, "a");
    struct projector *projector = world_projector(world);

    world_catch_up(projector);

    assert_true(projector_caught_up(projector));
    world_assert_answer(world, WORLD_THINGS_SQL, "a=4 b=3");
    world_assert_answer(
        world,
        "SELECT next_offset || ' ' || events_count || ' ' || sources::text || ' ' || "
        "epoch || ' ' || wseq FROM bourse.positions",
        "5 4 {\"bourse.accounts.commands/0\": 2} 1 3");
    world_assert_answer(
        world,
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
        "\"cancel_orders\":false,\"if_version\":null},"
        "\"action\":\"DeactivateMarketMaker\",\"ip_address\":null,\"user_agent\":null,"
        "\"result\":{\"code\":\"NOT_FOUND\",\"message\":\"There is none.\","
        "\"field\":\"id\"},\"letter_id\":null,\"raw\":null}");
    projector_free(projector);
}

static void a_projector_goes_on_where_the_one_before_stopped(void **state)
{
    struct world *world = *state;
    world_refuse(world, "a");
    struct projector *projector = world_projector(world);
    world_catch_up(projector);
    projector_free(projector);
    world_refuse(world, "b");

    projector = world_projector(world);
    world_catch_up(projector);

    world_assert_answer(world, WORLD_THINGS_SQL, "a=2 b=3");
    world_assert_answer(world, "SELECT count(*) FROM projection_test.events", "2");
    projector_free(projector);
}

static void what_a_replaced_writer_lands_is_passed_over(void **state)
{
    struct world *world = *state;
    struct fold_state zombie = world->ahead;
    world_claim(world);
    struct fold_state current = world->ahead;
    world->ahead = zombie;
    world_refuse(world, "zombie");
    world->ahead = current;
    world_refuse(world, "a");
    struct projector *projector = world_projector(world);

    world_catch_up(projector);

    world_assert_answer(world, WORLD_THINGS_SQL, "a=4");
    projector_free(projector);
}

static void of_two_projectors_one_stops(void **state)
{
    struct world *world = *state;
    struct projector *first = world_projector(world);
    struct projector *second = world_projector(world);
    world_catch_up(first);
    world_catch_up(second);
    world_refuse(world, "a");
    world_catch_up(first);

    assert_int_equal(world_step_to_error(second), ERR_FENCED);

    world_assert_answer(world, WORLD_THINGS_SQL, "a=2");
    world_assert_answer(world, "SELECT count(*) FROM projection_test.events", "1");
    projector_free(first);
    projector_free(second);
}

static void a_position_ahead_of_the_log_stops_with_a_sentence(void **state)
{
    struct world *world = *state;
    world_refuse(world, "a");
    struct projector *projector = world_projector(world);
    world_catch_up(projector);
    projector_free(projector);
    log_memory_truncate(world->log, WORLD_TOPIC, 0, 2);

    projector = world_projector(world);
    assert_int_equal(world_step_to_error(projector), ERR_LOG);

    assert_non_null(strstr(projector_problem(projector), "the log ends before"));
    assert_non_null(strstr(projector_problem(projector), "bourse projection rebuild accounts"));
    projector_free(projector);
}

static void another_record_where_one_was_projected_stops(void **state)
{
    struct world *world = *state;
    struct fold_state before = world->ahead;
    world_refuse(world, "a");
    struct projector *projector = world_projector(world);
    world_catch_up(projector);
    projector_free(projector);
    log_memory_truncate(world->log, WORLD_TOPIC, 0, 2);
    world->ahead = before;
    world_refuse(world, "other");

    projector = world_projector(world);
    assert_int_equal(world_step_to_error(projector), ERR_LOG);

    assert_non_null(strstr(projector_problem(projector), "another record"));
    projector_free(projector);
}

static void nothing_is_lost_or_doubled_when_connections_break(void **state)
{
    struct world *world = *state;
    struct projector *projector = world_projector(world);
    for (int i = 0; i < 20; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%02d", i);
        world_refuse(world, key);
        world_catch_up(projector);
        world_break_connections(world);
    }
    world_assert_answer(
        world, "SELECT count(*) || ' ' || max(event_offset) FROM projection_test.events", "20 21");
    projector_free(projector);
}

static void save_position(struct world *world)
{
    assert_int_equal(db_exec(world->db, "CREATE TABLE projection_test.saved AS "
                                        "SELECT * FROM bourse.positions"),
                     OK);
}

/* As a crash of Postgres does, which forgets the last commits: rows and position alike. */
static void lose_commits_from(struct world *world, int64_t offset)
{
    char script[512];
    snprintf(script, sizeof script,
             "DELETE FROM projection_test.things WHERE event_offset >= %" PRId64 ";"
             "DELETE FROM projection_test.events WHERE event_offset >= %" PRId64 ";"
             "DELETE FROM bourse.positions;"
             "INSERT INTO bourse.positions SELECT * FROM projection_test.saved",
             offset, offset);
    assert_int_equal(db_exec(world->db, script), OK);
    world_break_connections(world);
}

static void a_database_that_lost_its_last_commits_gets_them_again(void **state)
{
    struct world *world = *state;
    struct projector *projector = world_projector(world);
    world_refuse(world, "a");
    world_catch_up(projector);
    save_position(world);
    world_refuse(world, "b");
    world_catch_up(projector);
    lose_commits_from(world, 3);
    world_refuse(world, "c");

    world_catch_up(projector);

    world_assert_answer(world, WORLD_THINGS_SQL, "a=2 b=3 c=4");
    projector_free(projector);
}

/* Nothing comes any more that would make it write. */
static void an_idle_projector_finds_out_that_the_database_lost_commits(void **state)
{
    struct world *world = *state;
    struct projector *projector = world_projector(world);
    world_refuse(world, "a");
    world_catch_up(projector);
    save_position(world);
    world_refuse(world, "b");
    world_catch_up(projector);
    lose_commits_from(world, 3);

    int64_t restored = 0;
    for (int i = 0; i < 200 && restored == 0; i++) {
        AUTO_DB_RESULT rows = {NULL};
        size_t events = 0;
        enum err err = projector_step(projector, 10, &events);
        assert_true(err == OK || err == ERR_BUSY);
        assert_int_equal(db_query(world->db, "SELECT FROM projection_test.things WHERE key = 'b'",
                                  DB_NO_PARAMS, &rows),
                         OK);
        restored = (int64_t)db_rows(&rows);
    }

    world_assert_answer(world, WORLD_THINGS_SQL, "a=2 b=3");
    projector_free(projector);
}

static void a_dropped_database_is_made_again_from_the_log(void **state)
{
    struct world *world = *state;
    world_refuse(world, "a");
    struct projector *projector = world_projector(world);
    world_catch_up(projector);
    assert_int_equal(db_exec(world->db, WORLD_CLEAN), OK);
    world_refuse(world, "b");
    assert_int_equal(world_step_to_error(projector), ERR_CONFIG);
    projector_free(projector);

    projector = world_projector(world);
    world_catch_up(projector);

    world_assert_answer(world, WORLD_THINGS_SQL, "a=2 b=3");
    projector_free(projector);
}

static void each_batch_says_how_far_it_came(void **state)
{
    struct world *world = *state;
    assert_int_equal(db_exec(world->db, "LISTEN " PROJECTOR_CHANNEL), OK);
    world_refuse(world, "a");
    struct projector *projector = world_projector(world);
    world_catch_up(projector);

    struct text channel;
    struct text payload;
    assert_int_equal(db_notification(world->db, 1000, &channel, &payload), OK);
    assert_true(text_is(payload, "accounts/0 bourse.accounts.events/0:2"));
    projector_free(projector);

    projector = world_projector(world);
    size_t events = 0;
    assert_int_equal(projector_step(projector, 10, &events), OK);
    assert_int_equal(db_notification(world->db, 1000, &channel, &payload), OK);
    assert_true(text_is(payload, "accounts/0 bourse.accounts.events/0:2"));
    projector_free(projector);
    assert_int_equal(db_exec(world->db, "UNLISTEN *"), OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_make, world_free)

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
        TEST(a_database_that_lost_its_last_commits_gets_them_again),
        TEST(an_idle_projector_finds_out_that_the_database_lost_commits),
        TEST(a_dropped_database_is_made_again_from_the_log),
        TEST(each_batch_says_how_far_it_came),
    };
    return world_find_postgres() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
