/* What the projection database shares, against a real Postgres, named by BOURSE_TEST_PG. */
#include "projection/snapshot.h"
#include "projection/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *conninfo;

static int connect_to_nothing(void **state)
{
    struct db *db = db_new(conninfo, 5000);
    *state = db;
    return db_connect(db) != OK || db_exec(db, "DROP SCHEMA IF EXISTS bourse CASCADE") != OK;
}

static int disconnect(void **state)
{
    enum err err = db_exec(*state, "DROP SCHEMA IF EXISTS bourse CASCADE");
    db_free(*state);
    return err != OK;
}

static void assert_answer(struct db *db, const char *sql, const char *expected)
{
    AUTO_DB_RESULT result = {NULL};
    assert_int_equal(db_query(db, sql, DB_NO_PARAMS, &result), OK);
    assert_string_equal(db_get_text(&result, 0, 0).data, expected);
}

static void snapshots_come_back_and_bad_ones_are_told(void **state)
{
    struct db *db = *state;
    enum { SIZE = (8 << 20) + 5 };
    uint8_t *data = calloc(SIZE, 1);
    data[SIZE - 1] = 7;
    struct buffer loaded;
    buffer_init(&loaded, 1 << 26);
    int64_t offset = 0;
    assert_int_equal(snapshot_load(db, SERVICE_ORDERS, 0, INT64_MAX, &loaded, &offset),
                     ERR_NOT_FOUND);
    for (int64_t i = 1; i <= 3; i++)
        assert_int_equal(
            snapshot_store(db, SERVICE_ORDERS, 0, 100 * i, (struct bytes){data, i == 2 ? 3 : SIZE}),
            OK);

    assert_int_equal(snapshot_load(db, SERVICE_ORDERS, 0, INT64_MAX, &loaded, &offset), OK);
    assert_int_equal(offset, 300);
    assert_int_equal(loaded.size, SIZE);
    assert_memory_equal(loaded.data, data, SIZE);

    assert_int_equal(db_exec(db, "UPDATE bourse.snapshots SET bytes = '\\x00' "
                                 "WHERE next_offset = 300 AND part = 1"),
                     OK);
    buffer_reset(&loaded);
    assert_int_equal(snapshot_load(db, SERVICE_ORDERS, 0, INT64_MAX, &loaded, &offset), ERR_POISON);
    assert_int_equal(loaded.size, 0);
    assert_int_equal(snapshot_load(db, SERVICE_ORDERS, 0, offset, &loaded, &offset), OK);
    assert_int_equal(offset, 200);
    assert_int_equal(loaded.size, 3);
    assert_int_equal(snapshot_load(db, SERVICE_ORDERS, 0, offset, &loaded, &offset), ERR_NOT_FOUND);
    buffer_free(&loaded);
    free(data);
}

static void decimals_and_times_are_shown_as_json_shows_them(void **state)
{
    struct db *db = *state;
    assert_int_equal(tables_create(db), OK);
    assert_answer(db, "SELECT bourse.decimal(12.50000000)", "12.50");
    assert_answer(db, "SELECT bourse.decimal(0.00000001)", "0.00000001");
    assert_answer(db, "SELECT bourse.decimal(-100)", "-100.00");
    assert_answer(db, "SELECT bourse.time('2026-11-22 10:30:00.000001+01')",
                  "2026-11-22T09:30:00.000001Z");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, connect_to_nothing, disconnect)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(snapshots_come_back_and_bad_ones_are_told),
        TEST(decimals_and_times_are_shown_as_json_shows_them),
    };
    conninfo = getenv("BOURSE_TEST_PG");
    if (conninfo == NULL) {
        fprintf(stderr, "snapshot_test needs BOURSE_TEST_PG, a libpq connection string\n");
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
