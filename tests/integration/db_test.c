/* libs/db against a real Postgres, named by BOURSE_TEST_PG. */
#include "db/db.h"
#include "db/pool.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const char *conninfo;
static const char INSERT[] = "INSERT INTO thing (id, name, data) VALUES ($1, $2, $3)";
static const char COUNT[] = "SELECT count(*) FROM thing";

static struct db *connected(void)
{
    struct db *db = db_new(conninfo, 2000);
    if (db_connect(db) != OK || db_exec(db, "SET search_path = db_test") != OK)
        fail_msg("%s", db_error_text(db));
    return db;
}

static int empty_table(void **state)
{
    struct db *db = connected();
    *state = db;
    return db_exec(db, "DROP SCHEMA IF EXISTS db_test CASCADE; CREATE SCHEMA db_test;"
                       "CREATE TABLE thing (id bigint PRIMARY KEY, name text, data bytea)") != OK;
}

static int close_connection(void **state)
{
    struct db *db = *state;
    enum err err = db_exec(db, "DROP SCHEMA IF EXISTS db_test CASCADE");
    db_free(db);
    return err != OK;
}

static int64_t count_of(struct db *db)
{
    AUTO_DB_RESULT result = {NULL};
    assert_int_equal(db_query(db, COUNT, DB_NO_PARAMS, &result), OK);
    return db_get_int(&result, 0, 0);
}

static void values_come_back_as_they_went(void **state)
{
    struct db *db = *state;
    AUTO_DB_RESULT result = {NULL};
    uint8_t data[256];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)i;
    for (int64_t id = 1; id <= 3; id++)
        assert_int_equal(db_query(db, INSERT,
                                  DB_PARAMS(db_int(id), db_text(TEXT("n\u00e4me'; --")),
                                            db_bytes((struct bytes){data, sizeof data})),
                                  &result),
                         OK);
    assert_int_equal(db_affected(&result), 1);
    assert_int_equal(db_query(db, "UPDATE thing SET name = $1 WHERE id > $2",
                              DB_PARAMS(db_null(), db_int(2)), &result),
                     OK);
    assert_int_equal(db_query(db, "SELECT * FROM thing ORDER BY id", DB_NO_PARAMS, &result), OK);
    assert_int_equal(db_rows(&result), 3);
    assert_int_equal(db_columns(&result), 3);
    assert_true(text_is(db_get_text(&result, 0, db_column(&result, "name")), "n\u00e4me'; --"));
    assert_true(db_is_null(&result, 2, 1) && !db_is_null(&result, 1, 1));
    struct buffer bytes;
    buffer_init(&bytes, 1000);
    db_get_bytes(&result, 0, 2, &bytes);
    assert_int_equal(bytes.size, sizeof data);
    assert_memory_equal(bytes.data, data, sizeof data);
    buffer_free(&bytes);
}

static void typed_values_come_back(void **state)
{
    AUTO_DB_RESULT result = {NULL};
    const struct uuid id = {{1, 2, 3}};
    assert_int_equal(db_query(*state, "SELECT $1::uuid, $2::boolean, $3::bigint",
                              DB_PARAMS(db_uuid(id), db_bool(true), db_int(INT64_MIN)), &result),
                     OK);
    assert_true(uuid_equal(db_get_uuid(&result, 0, 0), id));
    assert_true(db_get_bool(&result, 0, 1));
    assert_true(db_get_int(&result, 0, 2) == INT64_MIN);
}

static void failures_are_told_apart_and_name_no_values(void **state)
{
    struct db *db = *state;
    const struct db_param params[] = {db_int(77001), db_null(), db_null()};
    assert_int_equal(db_query(db, INSERT, params, 3, NULL), OK);
    assert_int_equal(db_query(db, INSERT, params, 3, NULL), ERR_INPUT);
    assert_int_equal(db_violation(db), DB_VIOLATION_UNIQUE);
    assert_non_null(strstr(db_error_text(db), "23505"));
    assert_non_null(strstr(db_error_text(db), "thing_pkey"));
    assert_null(strstr(db_error_text(db), "77001"));
    assert_int_equal(db_query(db, "SELECT nothing", DB_NO_PARAMS, NULL), ERR_CONFIG);
    assert_int_equal(db_violation(db), DB_VIOLATION_NONE);
    assert_int_equal(
        db_query(db, "SELECT $1::text", DB_PARAMS(db_text((struct text){"a\0b", 3})), NULL),
        ERR_INPUT);
    assert_int_equal(db_query(db, "SELECT pg_sleep(10)", DB_NO_PARAMS, NULL), ERR_TIMEOUT);
    assert_int_equal(count_of(db), 1);
}

static void more_statements_than_the_cache_holds_still_run(void **state)
{
    for (int i = 0; i < 400; i++) {
        AUTO_DB_RESULT result = {NULL};
        char sql[40];
        snprintf(sql, sizeof sql, "SELECT %d + $1::int", i % 300);
        assert_int_equal(db_query(*state, sql, DB_PARAMS(db_int(1)), &result), OK);
        assert_int_equal(db_get_int(&result, 0, 0), i % 300 + 1);
    }
}

static void a_transaction_is_all_or_nothing(void **state)
{
    struct db *db = *state;
    const struct db_param params[] = {db_int(1), db_null(), db_null()};
    assert_int_equal(db_begin(db), OK);
    assert_int_equal(db_query(db, INSERT, params, 3, NULL), OK);
    db_rollback(db);
    assert_int_equal(count_of(db), 0);

    assert_int_equal(db_begin(db), OK);
    assert_int_equal(db_query(db, INSERT, params, 3, NULL), OK);
    assert_int_equal(db_query(db, INSERT, params, 3, NULL), ERR_INPUT);
    assert_int_equal(db_commit(db), ERR_INPUT);
    assert_int_equal(count_of(db), 0);

    assert_int_equal(db_begin(db), OK);
    assert_int_equal(db_query(db, INSERT, params, 3, NULL), OK);
    assert_int_equal(db_commit(db), OK);
    assert_int_equal(count_of(db), 1);
}

static enum err insert_many(struct db *db, int64_t first, int64_t last)
{
    assert_int_equal(db_batch_begin(db), OK);
    char name[2000];
    memset(name, 'x', sizeof name);
    for (int64_t id = first; id <= last; id++)
        if (db_batch_add(
                db, INSERT,
                DB_PARAMS(db_int(id), db_text((struct text){name, sizeof name}), db_null()),
                NULL) != OK)
            break;
    return db_batch_end(db);
}

static void a_batch_is_one_transaction(void **state)
{
    struct db *db = *state;
    assert_int_equal(insert_many(db, 1, 10000), OK);
    assert_int_equal(count_of(db), 10000);
    assert_int_equal(insert_many(db, 10001, 10001), OK);
    assert_int_equal(insert_many(db, 9000, 9001), ERR_INPUT);
    assert_int_equal(db_violation(db), DB_VIOLATION_UNIQUE);
    assert_int_equal(db_query(db, "DELETE FROM thing WHERE id > 500", DB_NO_PARAMS, NULL), OK);
    assert_int_equal(insert_many(db, 501, 1500), OK);
    assert_int_equal(db_query(db, "DELETE FROM thing WHERE id < 500", DB_NO_PARAMS, NULL), OK);
    assert_int_equal(insert_many(db, 1, 1000), ERR_INPUT);
    assert_int_equal(count_of(db), 1001);
}

static void a_batch_counts_rows_and_belongs_to_its_transaction(void **state)
{
    struct db *db = *state;
    int64_t none = 0;
    int64_t both = 0;
    int64_t skipped = 0;
    assert_int_equal(insert_many(db, 1, 2), OK);
    assert_int_equal(db_begin(db), OK);
    assert_int_equal(db_batch_begin(db), OK);
    assert_int_equal(
        db_batch_add(db, "UPDATE thing SET name = 'a' WHERE id = $1", DB_PARAMS(db_int(9)), &none),
        OK);
    assert_int_equal(db_batch_add(db, "DELETE FROM thing", DB_NO_PARAMS, &both), OK);
    assert_int_equal(db_batch_end(db), OK);
    assert_int_equal(none, 0);
    assert_int_equal(both, 2);
    db_rollback(db);
    assert_int_equal(count_of(db), 2);

    assert_int_equal(db_batch_begin(db), OK);
    assert_int_equal(db_batch_add(db, "DELETE FROM thing", DB_NO_PARAMS, &both), OK);
    assert_int_equal(db_batch_add(db, "SELECT nothing", DB_NO_PARAMS, NULL), OK);
    assert_int_equal(db_batch_add(db, "SELECT 5", DB_NO_PARAMS, &skipped), OK);
    assert_int_equal(db_batch_end(db), ERR_CONFIG);
    assert_int_equal(skipped, -1);
    assert_int_equal(count_of(db), 2);
    AUTO_DB_RESULT result = {NULL}; /* what the batch could not prepare is prepared now */
    assert_int_equal(db_query(db, "SELECT 5", DB_NO_PARAMS, &result), OK);
    assert_int_equal(db_get_int(&result, 0, 0), 5);
}

static void a_batch_gives_rows(void **state)
{
    struct db *db = *state;
    static const char ECHO[] = "SELECT $1::bigint FROM generate_series(1, $2)";
    AUTO_DB_RESULT two = {NULL};
    AUTO_DB_RESULT none = {NULL};
    AUTO_DB_RESULT failed = {NULL};
    AUTO_DB_RESULT skipped = {NULL};
    assert_int_equal(insert_many(db, 1, 1), OK);
    assert_int_equal(db_batch_begin(db), OK);
    assert_int_equal(db_batch_query(db, ECHO, DB_PARAMS(db_int(7), db_int(2)), &two), OK);
    assert_int_equal(db_batch_query(db, ECHO, DB_PARAMS(db_int(8), db_int(0)), &none), OK);
    assert_int_equal(db_batch_query(db, "SELECT 1 / (id - 1) FROM thing", DB_NO_PARAMS, &failed),
                     OK);
    assert_int_equal(db_batch_query(db, ECHO, DB_PARAMS(db_int(9), db_int(1)), &skipped), OK);
    assert_int_equal(db_batch_end(db), ERR_INPUT);
    assert_int_equal(db_rows(&two), 2);
    assert_int_equal(db_get_int(&two, 1, 0), 7);
    assert_non_null(none.rows);
    assert_int_equal(db_rows(&none), 0);
    assert_null(failed.rows);
    assert_null(skipped.rows);
}

static void a_zero_byte_undoes_its_batch(void **state)
{
    struct db *db = *state;
    const struct text bad = {"a\0b", 3};
    assert_int_equal(db_batch_begin(db), OK);
    assert_int_equal(db_batch_add(db, INSERT, DB_PARAMS(db_int(1), db_null(), db_null()), NULL),
                     OK);
    assert_int_equal(db_batch_add(db, INSERT, DB_PARAMS(db_int(2), db_text(bad), db_null()), NULL),
                     ERR_INPUT);
    assert_int_equal(db_batch_end(db), ERR_INPUT);
    assert_int_equal(db_connect(db), OK);
    assert_int_equal(db_exec(db, "SET search_path = db_test"), OK);
    assert_int_equal(count_of(db), 0);
}

static void notifications_arrive(void **state)
{
    struct db *db = *state;
    struct db *other = connected();
    struct text channel;
    struct text payload;
    assert_int_equal(db_exec(db, "LISTEN news"), OK);
    assert_int_equal(db_notification(db, 20, &channel, &payload), ERR_TIMEOUT);
    assert_int_equal(
        db_query(other, "SELECT pg_notify('news', $1)", DB_PARAMS(db_string("hot")), NULL), OK);
    assert_int_equal(db_notification(db, 2000, &channel, &payload), OK);
    assert_true(text_is(channel, "news"));
    assert_true(text_is(payload, "hot"));
    db_free(other);
}

/* Ends the server's side of a connection, as a restart would. */
static void kill_backend_of(struct db *victim, struct db *killer)
{
    AUTO_DB_RESULT pid = {NULL};
    assert_int_equal(db_query(victim, "SELECT pg_backend_pid()", DB_NO_PARAMS, &pid), OK);
    assert_int_equal(db_query(killer, "SELECT pg_terminate_backend($1)",
                              DB_PARAMS(db_int(db_get_int(&pid, 0, 0))), NULL),
                     OK);
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
}

static void a_lost_connection_is_busy_until_connected_again(void **state)
{
    struct db *db = *state;
    struct db *victim = connected();
    assert_int_equal(db_begin(victim), OK);
    kill_backend_of(victim, db);
    assert_int_equal(db_commit(victim), ERR_DOUBT);
    assert_int_equal(db_query(victim, COUNT, DB_NO_PARAMS, NULL), ERR_BUSY);
    assert_int_equal(db_connect(victim), OK);
    assert_int_equal(db_query(victim, "SELECT 1", DB_NO_PARAMS, NULL), OK);
    kill_backend_of(victim, db);
    assert_int_equal(db_batch_begin(victim), OK);
    if (db_batch_add(victim, "SELECT 1", DB_NO_PARAMS, NULL) == OK)
        assert_int_equal(db_batch_add(victim, "SELECT 2", DB_NO_PARAMS, NULL), OK);
    assert_int_equal(db_batch_end(victim), ERR_BUSY);
    db_free(victim);
}

/* What connecting comes to for a role that was made so. */
static enum err connect_as(struct db *db, const char *made, const char *password)
{
    char other[1024];
    assert_int_equal(db_exec(db, "DROP ROLE IF EXISTS db_test_other"), OK);
    assert_int_equal(db_exec(db, made), OK);
    snprintf(other, sizeof other, "%s user=db_test_other password=%s passfile=/dev/null", conninfo,
             password);
    struct db *refused = db_new(other, 2000);
    enum err err = db_connect(refused);
    db_free(refused);
    assert_int_equal(db_exec(db, "DROP ROLE db_test_other"), OK);
    return err;
}

static void who_finds_no_place_may_come_again_and_who_may_not_need_not(void **state)
{
    const char *made = "CREATE ROLE db_test_other LOGIN PASSWORD 'right'";
    const char *full = "CREATE ROLE db_test_other LOGIN PASSWORD 'right' CONNECTION LIMIT 0";
    assert_int_equal(connect_as(*state, made, "right"), OK);
    assert_int_equal(connect_as(*state, full, "right"), ERR_BUSY);
    assert_int_equal(connect_as(*state, made, "wrong"), ERR_CONFIG);
}

static void a_changed_table_costs_one_connection_not_the_service(void **state)
{
    struct db *db = *state;
    const char all[] = "SELECT * FROM db_test.thing";
    assert_int_equal(db_query(db, all, DB_NO_PARAMS, NULL), OK);
    assert_int_equal(db_exec(db, "ALTER TABLE thing DROP COLUMN data"), OK);
    assert_int_equal(db_query(db, all, DB_NO_PARAMS, NULL), ERR_BUSY);
    assert_int_equal(db_connect(db), OK);
    assert_int_equal(db_query(db, all, DB_NO_PARAMS, NULL), OK);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void *count_with_pool(void *argument)
{
    struct db_pool *pool = argument;
    for (int i = 0; i < 50; i++) {
        struct db *db = NULL;
        if (db_pool_take(pool, now_ns() + 5000000000, &db) != OK)
            return "no connection";
        enum err err = db_begin(db);
        if (err == OK)
            err = db_query(db, "UPDATE db_test.thing SET id = id + 1", DB_NO_PARAMS, NULL);
        if (err == OK && i % 2 == 0)
            err = db_commit(db);
        db_pool_give(pool, db); /* every other one with its transaction open */
        if (err != OK)
            return "a statement failed";
    }
    return NULL;
}

static void a_pool_serves_more_threads_than_it_has_connections(void **state)
{
    struct db *db = *state;
    struct db_pool *pool = db_pool_new(conninfo, 5000, 2);
    assert_int_equal(db_query(db, INSERT, DB_PARAMS(db_int(0), db_null(), db_null()), NULL), OK);
    pthread_t threads[6];
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_with_pool, pool), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        void *failure = NULL;
        assert_int_equal(pthread_join(threads[i], &failure), 0);
        assert_null(failure);
    }
    AUTO_DB_RESULT result = {NULL};
    assert_int_equal(db_query(db, "SELECT id FROM thing", DB_NO_PARAMS, &result), OK);
    assert_int_equal(db_get_int(&result, 0, 0), 6 * 25);
    db_pool_free(pool);
}

static void an_empty_pool_times_out_and_a_dead_connection_is_replaced(void **state)
{
    struct db_pool *pool = db_pool_new(conninfo, 5000, 1);
    struct db *taken = NULL;
    struct db *second = NULL;
    assert_int_equal(db_pool_take(pool, now_ns() + 1000000000, &taken), OK);
    assert_int_equal(db_pool_take(pool, now_ns() + 20000000, &second), ERR_TIMEOUT);
    kill_backend_of(taken, *state);
    db_pool_give(pool, taken);
    assert_int_equal(db_pool_take(pool, now_ns() + 1000000000, &taken), OK);
    assert_int_equal(db_query(taken, "SELECT 1", DB_NO_PARAMS, NULL), OK);
    db_pool_give(pool, taken);
    db_pool_free(pool);
}

/* Has the server answer whoever is late, with an error. */
static void end_late_statements(struct db *db)
{
    assert_int_equal(db_query(db,
                              "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
                              "WHERE query LIKE '%pg_sleep(600)' AND pid <> pg_backend_pid()",
                              DB_NO_PARAMS, NULL),
                     OK);
}

/* As of a commit that waits for a standby, no timeout of the server's ends it. */
static void who_is_late_is_kept_until_answered_and_others_are_taken_first(void **state)
{
    struct db_pool *pool = db_pool_new(conninfo, 100, 2);
    struct db *late = NULL, *live = NULL, *third = NULL;
    assert_int_equal(db_pool_take(pool, now_ns() + 1000000000, &late), OK);
    assert_int_equal(db_exec(late, "SET statement_timeout = 0"), OK);
    assert_int_equal(db_query(late, "SELECT pg_sleep(600)", DB_NO_PARAMS, NULL), ERR_TIMEOUT);
    assert_int_equal(db_query(late, "SELECT 1", DB_NO_PARAMS, NULL), ERR_BUSY);
    assert_int_equal(db_commit(late), ERR_DOUBT);
    db_pool_give(pool, late);
    assert_int_equal(db_pool_late(pool), 1);
    assert_int_equal(db_pool_take(pool, now_ns() + 1000000000, &live), OK);
    assert_ptr_not_equal(live, late);
    assert_int_equal(db_pool_take(pool, now_ns() + 1000000000, &third), ERR_BUSY);
    end_late_statements(*state);
    for (int64_t until_ns = now_ns() + 10000000000; db_pool_late(pool) > 0;)
        assert_true(now_ns() < until_ns);
    assert_int_equal(db_pool_take(pool, now_ns() + 1000000000, &third), OK);
    assert_int_equal(db_query(third, "SELECT 1", DB_NO_PARAMS, NULL), OK);
    db_pool_give(pool, live);
    db_pool_give(pool, third);
    db_pool_free(pool);
}

/* "COPY thing (id) FROM STDIN", of the row 7 and nothing else. */
static const uint8_t COPIED[] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', 0xff, '\r', '\n', 0,   0,
                                 0,   0,   0,   0,   0,   0,   0,    0,    1,    0,    0,   0,
                                 8,   0,   0,   0,   0,   0,   0,    0,    7,    0xff, 0xff};
static const char COPY[] = "COPY thing (id) FROM STDIN (FORMAT binary)";

static void rows_are_copied_and_a_refusal_says_why(void **state)
{
    struct db *db = *state;
    struct bytes whole = {COPIED, sizeof COPIED}, cut = {COPIED, sizeof COPIED - 4};
    assert_int_equal(db_copy(db, COPY, whole), OK);
    assert_int_equal(db_copy(db, COPY, whole), ERR_INPUT);
    assert_int_equal(db_violation(db), DB_VIOLATION_UNIQUE);
    assert_int_equal(db_copy(db, COPY, cut), ERR_INPUT);
    assert_int_equal(db_copy(db, "COPY nothing FROM STDIN", whole), ERR_CONFIG);
    assert_int_equal(count_of(db), 1);
}

int main(void)
{
    conninfo = getenv("BOURSE_TEST_PG");
    if (conninfo == NULL) {
        fputs("db_test: set BOURSE_TEST_PG to the connection string of a scratch database\n",
              stderr);
        return 1;
    }
#define TEST(name) cmocka_unit_test_setup_teardown(name, empty_table, close_connection)
    const struct CMUnitTest tests[] = {
        TEST(values_come_back_as_they_went),
        TEST(typed_values_come_back),
        TEST(failures_are_told_apart_and_name_no_values),
        TEST(more_statements_than_the_cache_holds_still_run),
        TEST(a_transaction_is_all_or_nothing),
        TEST(a_batch_is_one_transaction),
        TEST(a_batch_counts_rows_and_belongs_to_its_transaction),
        TEST(a_batch_gives_rows),
        TEST(a_zero_byte_undoes_its_batch),
        TEST(notifications_arrive),
        TEST(a_lost_connection_is_busy_until_connected_again),
        TEST(who_finds_no_place_may_come_again_and_who_may_not_need_not),
        TEST(a_changed_table_costs_one_connection_not_the_service),
        TEST(a_pool_serves_more_threads_than_it_has_connections),
        TEST(an_empty_pool_times_out_and_a_dead_connection_is_replaced),
        TEST(who_is_late_is_kept_until_answered_and_others_are_taken_first),
        TEST(rows_are_copied_and_a_refusal_says_why),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
