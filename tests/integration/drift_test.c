/* Rows held against the log, against a real Postgres and a log in memory. */
#include "projection_world.h"

#include "projection/drift.h"

static struct drift_report pass(struct drift *drift)
{
    struct drift_report report;
    bool ended = false;
    for (int i = 0; i < 200 && !ended; i++) {
        if (drift_step(drift, 10, &ended, &report) != OK)
            fail_msg("%s", drift_problem(drift));
    }
    assert_true(ended);
    return report;
}

static struct drift *drift_of(struct world *world)
{
    return drift_new(&world->projector, SERVICE_ACCOUNTS, &WORLD_THINGS);
}

/* Tables with the refusals of some keys, as their projector left them. */
static struct projector *project_refusals(struct world *world, const char *keys)
{
    for (const char *key = keys; *key != '\0'; key++)
        world_refuse(world, (const char[]){*key, '\0'});
    struct projector *projector = world_projector(world);
    world_catch_up(projector);
    return projector;
}

static void rows_that_say_what_the_log_says_are_the_same(void **state)
{
    struct world *world = *state;
    struct projector *live = project_refusals(world, "abca");
    struct drift *drift = drift_of(world);

    struct drift_report report = pass(drift);
    assert_int_equal(report.rows, 3 + 4); /* things, and the journal */
    assert_int_equal(report.rows_apart, 0);
    world_refuse(world, "d");
    assert_int_equal(pass(drift).rows, 3 + 4); /* as far as the live tables are */
    world_catch_up(live);
    assert_int_equal(pass(drift).rows, 4 + 5);

    drift_free(drift);
    projector_free(live);
}

static void a_row_that_says_something_else_is_found(void **state)
{
    struct world *world = *state;
    struct projector *live = project_refusals(world, "abc");
    struct drift *drift = drift_of(world);
    static const char *const WRONGS[][2] = {
        {"UPDATE projection_test.things SET event_offset = 99 WHERE key = 'b'",
         "things: event_offset"},
        {"DELETE FROM projection_test.things WHERE key = 'b'", "things: missing"},
        {"UPDATE projection_test.events SET code = NULL WHERE key = 'c'", "events: code"},
    };
    for (size_t i = 0; i < COUNT_OF(WRONGS); i++) {
        assert_int_equal(db_exec(world->db, WRONGS[i][0]), OK);
        struct drift_report report = pass(drift);
        assert_int_equal(report.rows, 6);
        assert_int_equal(report.rows_apart, i < 2 ? 1 : 2); /* what is missing stays so */
        if (i < 2)
            assert_string_equal(report.example, WRONGS[i][1]);
    }
    drift_free(drift);
    projector_free(live);
}

static void every_row_has_its_turn_where_there_are_many(void **state)
{
    struct world *world = *state;
    struct projector *live = project_refusals(world, "abcdefghijklmnop");
    struct drift *drift = drift_of(world);
    assert_int_equal(db_exec(world->db, "UPDATE pg_class SET reltuples = 4 * 4096 "
                                        "WHERE oid = 'projection_test.things'::regclass"),
                     OK);
    int64_t rows = 0, most = 0;
    for (int i = 0; i < 4; i++) {
        struct drift_report report = pass(drift);
        assert_int_equal(report.rows_apart, 0);
        rows += report.rows;
        most = report.rows > most ? report.rows : most;
    }
    assert_int_equal(rows, 16 + 16);
    assert_true(most < rows);
    drift_free(drift);
    projector_free(live);
}

static void a_pass_begins_again_where_there_is_nothing_to_hold_against(void **state)
{
    struct world *world = *state;
    struct drift_report report;
    bool ended = true;
    struct drift *drift = drift_of(world);
    assert_int_not_equal(drift_step(drift, 10, &ended, &report), OK);
    assert_false(ended);
    struct projector *live = project_refusals(world, "a");
    assert_int_equal(pass(drift).rows, 2);
    drift_free(drift);
    projector_free(live);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_make, world_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_that_say_what_the_log_says_are_the_same),
        TEST(a_row_that_says_something_else_is_found),
        TEST(every_row_has_its_turn_where_there_are_many),
        TEST(a_pass_begins_again_where_there_is_nothing_to_hold_against),
    };
    return world_find_postgres() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
