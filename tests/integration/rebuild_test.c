/* Tables made anew beside the live ones, against a real Postgres and a log in memory. */
#include "projection_world.h"

#include "projection/rebuild.h"

static struct rebuild_table told; /* the last table that was compared, but for its name */

static void tell(const struct rebuild_table *table)
{
    if (strcmp(table->name, "things") == 0)
        told = *table;
}

static struct rebuild *rebuild_of(struct world *world, const struct projection *projection)
{
    const struct rebuild_watcher watcher = {.compared = tell};
    return rebuild_new(&world->projector, SERVICE_ACCOUNTS, projection, &watcher);
}

static void assert_ok(const struct rebuild *rebuild, enum err err)
{
    if (err != OK)
        fail_msg("%s: %s", err_name(err), rebuild_problem(rebuild));
}

static struct rebuild_report build(struct world *world, const struct projection *projection)
{
    struct rebuild_report report;
    struct rebuild *rebuild = rebuild_of(world, projection);
    assert_ok(rebuild, rebuild_build(rebuild, &report));
    rebuild_free(rebuild);
    return report;
}

static void switch_to(struct world *world, const struct projection *projection,
                      enum tables_place place)
{
    struct rebuild *rebuild = rebuild_of(world, projection);
    assert_ok(rebuild, rebuild_switch(rebuild, place));
    rebuild_free(rebuild);
}

static void assert_schemas(struct world *world, const char *expected)
{
    world_assert_answer(world,
                        "SELECT coalesce(string_agg(nspname, ' ' ORDER BY nspname), '') "
                        "FROM pg_namespace WHERE nspname ~ '^projection_test'",
                        expected);
}

static void tables_of_another_version_stop_until_rebuilt(void **state)
{
    struct world *world = *state;
    struct projection newer = WORLD_THINGS;
    newer.schema_sql = "CREATE TABLE things (key text PRIMARY KEY, event_offset bigint, more int)";
    world_refuse(world, "a");
    struct projector *older = world_projector(world);
    world_catch_up(older);

    struct projector *projector = projector_new(&world->projector, SERVICE_ACCOUNTS, &newer);
    assert_int_equal(world_step_to_error(projector), ERR_CONFIG);
    assert_non_null(strstr(projector_problem(projector), "another version"));
    projector_free(projector);

    struct rebuild_report report = build(world, &newer);
    assert_true(report.compared); /* in the columns that both have */
    assert_int_equal(report.tables_apart, 0);
    switch_to(world, &newer, TABLES_NEXT);
    projector = projector_new(&world->projector, SERVICE_ACCOUNTS, &newer);
    world_catch_up(projector);
    projector_free(projector);

    world_refuse(world, "b");
    assert_int_equal(world_step_to_error(older), ERR_CONFIG);
    projector_free(older);
    struct rebuild *rebuild = rebuild_of(world, &newer);
    assert_int_equal(rebuild_switch(rebuild, TABLES_PREVIOUS), ERR_CONFIG);
    rebuild_free(rebuild);
    switch_to(world, &WORLD_THINGS, TABLES_PREVIOUS);
    world_assert_answer(world, WORLD_THINGS_SQL, "a=2 b=3"); /* it reads on */
}

static void what_differs_is_told_and_gone_with_the_switch(void **state)
{
    struct world *world = *state;
    world_refuse(world, "a");
    world_refuse(world, "b");
    struct projector *live = world_projector(world);
    world_catch_up(live);

    assert_int_equal(build(world, &WORLD_THINGS).tables_apart, 0);
    assert_true(told.same);
    assert_int_equal(db_exec(world->db, "UPDATE projection_test.things SET event_offset = 99 "
                                        "WHERE key = 'a'"),
                     OK);
    struct rebuild_report report = build(world, &WORLD_THINGS);
    assert_int_equal(report.events, 3);
    assert_true(report.compared);
    assert_int_equal(report.tables, 2); /* the journal is the other one */
    assert_int_equal(report.tables_apart, 1);
    assert_false(told.same);
    assert_int_equal(told.live_rows, 2);
    assert_int_equal(told.next_rows, 2);
    world_assert_answer(world, WORLD_THINGS_SQL, "a=99 b=3");

    switch_to(world, &WORLD_THINGS, TABLES_NEXT);
    world_assert_answer(world, WORLD_THINGS_SQL, "a=2 b=3");
    world_assert_answer(world,
                        "SELECT next_offset || ' ' || events_count || ' ' || sources::text "
                        "FROM bourse.positions WHERE service = 'accounts'",
                        "4 3 {\"bourse.accounts.commands/0\": 1}");
    projector_free(live);
}

static void the_live_projector_goes_on_with_the_tables_that_are_live(void **state)
{
    struct world *world = *state;
    world_refuse(world, "a");
    struct projector *live = world_projector(world);
    world_catch_up(live);
    build(world, &WORLD_THINGS);
    world_refuse(world, "b"); /* which one of the two projects behind the build */
    switch_to(world, &WORLD_THINGS, TABLES_NEXT);
    assert_schemas(world, "projection_test projection_test_previous");

    world_refuse(world, "c");
    world_catch_up(live);
    world_assert_answer(world, WORLD_THINGS_SQL, "a=2 b=3 c=4");
    world_assert_answer(world, "SELECT count(*) FROM projection_test_previous.things", "1");

    switch_to(world, &WORLD_THINGS, TABLES_PREVIOUS);
    assert_schemas(world, "projection_test projection_test_next");
    world_assert_answer(world, WORLD_THINGS_SQL, "a=2 b=3 c=4");
    world_refuse(world, "d");
    world_catch_up(live);
    world_assert_answer(world, WORLD_THINGS_SQL, "a=2 b=3 c=4 d=5");
    world_assert_answer(world,
                        "SELECT string_agg(generation::text, ' ' ORDER BY generation) "
                        "FROM bourse.switches",
                        "2 3");
    projector_free(live);
}

static void what_a_projector_had_under_way_reaches_the_new_tables(void **state)
{
    struct world *world = *state;
    world_refuse(world, "a");
    struct projector *live = world_projector(world);
    world_catch_up(live);
    build(world, &WORLD_THINGS);
    switch_to(world, &WORLD_THINGS, TABLES_NEXT);

    size_t events = 0;
    world_refuse(world, "b"); /* the first step reads it for tables that are no longer live */
    assert_int_equal(projector_step(live, 10, &events), OK);
    assert_int_equal(events, 0);
    assert_int_equal(projector_step(live, 10, &events), OK);
    assert_int_equal(events, 1);
    world_assert_answer(world, WORLD_THINGS_SQL, "a=2 b=3");
    projector_free(live);
}

static void a_rebuild_makes_what_is_missing(void **state)
{
    struct world *world = *state;
    world_refuse(world, "a");
    assert_false(build(world, &WORLD_THINGS).compared);
    switch_to(world, &WORLD_THINGS, TABLES_NEXT);
    world_assert_answer(world, WORLD_THINGS_SQL, "a=2");
    assert_schemas(world, "projection_test");
}

static void what_is_not_there_cannot_be_switched_to(void **state)
{
    struct world *world = *state;
    struct rebuild *rebuild = rebuild_of(world, &WORLD_THINGS);
    assert_int_equal(rebuild_switch(rebuild, TABLES_NEXT), ERR_NOT_FOUND);
    assert_int_equal(rebuild_switch(rebuild, TABLES_PREVIOUS), ERR_NOT_FOUND);
    struct rebuild *second = rebuild_of(world, &WORLD_THINGS);
    assert_int_equal(rebuild_switch(second, TABLES_NEXT), ERR_DENIED);
    rebuild_free(second);
    rebuild_free(rebuild);
}

static void what_is_dropped_leaves_the_live_tables_alone(void **state)
{
    struct world *world = *state;
    world_refuse(world, "a");
    struct projector *live = world_projector(world);
    world_catch_up(live);
    build(world, &WORLD_THINGS);

    struct rebuild *rebuild = rebuild_of(world, &WORLD_THINGS);
    assert_ok(rebuild, rebuild_drop(rebuild, TABLES_NEXT));
    assert_ok(rebuild, rebuild_drop(rebuild, TABLES_PREVIOUS));
    rebuild_free(rebuild);
    assert_schemas(world, "projection_test");
    world_assert_answer(world, "SELECT string_agg(service, ' ') FROM bourse.positions", "accounts");
    world_refuse(world, "b");
    world_catch_up(live);
    world_assert_answer(world, WORLD_THINGS_SQL, "a=2 b=3");
    projector_free(live);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_make, world_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tables_of_another_version_stop_until_rebuilt),
        TEST(what_differs_is_told_and_gone_with_the_switch),
        TEST(the_live_projector_goes_on_with_the_tables_that_are_live),
        TEST(what_a_projector_had_under_way_reaches_the_new_tables),
        TEST(a_rebuild_makes_what_is_missing),
        TEST(what_is_not_there_cannot_be_switched_to),
        TEST(what_is_dropped_leaves_the_live_tables_alone),
    };
    return world_find_postgres() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
