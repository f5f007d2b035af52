/* A whole venue's day, projected into memory and into Postgres by the same projector: all tables of
 * all services are the same, row for row, though the batches are not. */
#include "store_rows.h"

#include "day.h"
#include "projection/projector.h"
#include "projection/store_postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char CLEAN[] = "DROP SCHEMA IF EXISTS store_test, bourse CASCADE";

/* A batch for every event or two: the collecting time is over almost at once. */
static int64_t hurried_clock(void *context)
{
    int64_t *now_us = context;
    return *now_us += 15000;
}

static void project_all(struct projector *projector)
{
    int64_t lag = 1;
    while (lag > 0) {
        size_t events = 0;
        if (projector_step(projector, 0, &events) != OK)
            fail_msg("%s", projector_problem(projector));
        assert_int_equal(projector_lag(projector, &lag), OK);
    }
    projector_free(projector);
}

static size_t compare_service(struct log *log, enum service_id service, const char *conninfo,
                              struct db *db)
{
    int64_t now_us = 0;
    struct projection projection = *venue_service(service)->projection;
    projection.schema = "store_test"; /* beside whatever the database holds */
    struct store_memory *memory = store_memory_new();
    struct projector_world world = {.log = log};
    assert_int_equal(db_exec(db, CLEAN), OK);
    project_all(
        projector_new_over(&world, service, &projection,
                           store_postgres_new(conninfo, service, &projection, TABLES_LIVE, 0)));
    world.clock_us = hurried_clock;
    world.context = &now_us;
    project_all(projector_new_over(&world, service, &projection,
                                   store_memory_connect(memory, service, &projection)));
    size_t rows_count = store_rows_compare(memory, service, &projection, db);
    store_memory_free(memory);
    return rows_count;
}

static void a_days_tables_are_the_same_in_memory_and_in_postgres(void **state)
{
    (void)state;
    const char *conninfo = getenv("BOURSE_TEST_PG");
    struct db *db = db_new(conninfo, 0);
    assert_int_equal(db_connect(db), OK);
    struct venue *venue = day_new();
    for (int i = 0; i < SERVICES; i++) {
        enum service_id service = (enum service_id)i;
        size_t rows_count = compare_service(venue->log, service, conninfo, db);
        print_message("%s: %zu rows\n", service_name(service), rows_count);
        assert_true(rows_count > 0);
    }
    venue_free(venue);
    assert_int_equal(db_exec(db, CLEAN), OK);
    db_free(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_days_tables_are_the_same_in_memory_and_in_postgres)};
    if (getenv("BOURSE_TEST_PG") == NULL) {
        fprintf(stderr, "this test needs BOURSE_TEST_PG, a libpq connection string\n");
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
