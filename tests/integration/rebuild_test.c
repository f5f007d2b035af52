/* Tables made anew beside the live ones, against a real Postgres and a log in memory. */
#include "projection_world.h"

#include "projection/rebuild.h"

static void tables_of_another_version_stop_until_rebuilt(void **state)
{
    struct world *world = *state;
    struct projection newer = WORLD_THINGS;
    newer.schema_sql = "CREATE TABLE things (key text PRIMARY KEY, event_offset bigint, more int)";
    world_refuse(world, "a");
    struct projector *projector = world_projector(world);
    world_catch_up(projector);
    projector_free(projector);

    projector = projector_new(&world->projector, SERVICE_ACCOUNTS, &newer);
    assert_int_equal(world_step_to_error(projector), ERR_CONFIG);
    assert_non_null(strstr(projector_problem(projector), "another version"));
    projector_free(projector);

    struct rebuild_report report;
    char problem[REBUILD_PROBLEM_SIZE];
    assert_int_equal(
        projection_rebuild(&world->projector, SERVICE_ACCOUNTS, &newer, NULL, &report, problem),
        OK);
    projector = projector_new(&world->projector, SERVICE_ACCOUNTS, &newer);
    world_catch_up(projector);
    projector_free(projector);
}

static void a_rebuild_gives_the_same_rows_and_fences_the_live_projector(void **state)
{
    struct world *world = *state;
    world_refuse(world, "a");
    world_refuse(world, "b");
    struct projector *live = world_projector(world);
    world_catch_up(live);
    assert_int_equal(db_exec(world->db, "UPDATE projection_test.things SET event_offset = 99"), OK);

    struct rebuild_report report;
    char problem[REBUILD_PROBLEM_SIZE] = "";
    if (projection_rebuild(&world->projector, SERVICE_ACCOUNTS, &WORLD_THINGS, NULL, &report,
                           problem) != OK)
        fail_msg("%s", problem);

    assert_int_equal(report.events, 3);
    world_assert_answer(world, WORLD_THINGS_SQL, "a=2 b=3");
    world_assert_answer(world,
                        "SELECT next_offset || ' ' || generation || ' ' || events_count || ' ' || "
                        "sources::text FROM bourse.positions",
                        "4 2 3 {\"bourse.accounts.commands/0\": 1}");
    world_assert_answer(world, "SELECT count(*) FROM pg_namespace WHERE nspname ~ '_(next|old)$'",
                        "0");
    world_refuse(world, "c");
    assert_int_equal(world_step_to_error(live), ERR_FENCED);
    projector_free(live);

    live = world_projector(world);
    world_catch_up(live);
    world_assert_answer(world, WORLD_THINGS_SQL, "a=2 b=3 c=4");
    projector_free(live);
}

static void a_rebuild_makes_what_is_missing(void **state)
{
    struct world *world = *state;
    struct rebuild_report report;
    char problem[REBUILD_PROBLEM_SIZE] = "";
    world_refuse(world, "a");

    if (projection_rebuild(&world->projector, SERVICE_ACCOUNTS, &WORLD_THINGS, NULL, &report,
                           problem) != OK)
        fail_msg("%s", problem);

    world_assert_answer(world, WORLD_THINGS_SQL, "a=2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_make, world_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tables_of_another_version_stop_until_rebuilt),
        TEST(a_rebuild_gives_the_same_rows_and_fences_the_live_projector),
        TEST(a_rebuild_makes_what_is_missing),
    };
    return world_find_postgres() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
