/* What of libs/db needs no server; the rest is in tests/integration/db_test.c. */
#include "db/db.h"
#include "db/pool.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void sqlstates_become_errors_a_loop_can_act_on(void **state)
{
    (void)state;
    assert_int_equal(db_err_of_sqlstate("08006"), ERR_BUSY);
    assert_int_equal(db_err_of_sqlstate("40001"), ERR_BUSY);
    assert_int_equal(db_err_of_sqlstate("40P01"), ERR_BUSY);
    assert_int_equal(db_err_of_sqlstate("53300"), ERR_BUSY);
    assert_int_equal(db_err_of_sqlstate("57P01"), ERR_BUSY);
    assert_int_equal(db_err_of_sqlstate("57014"), ERR_TIMEOUT);
    assert_int_equal(db_err_of_sqlstate("23505"), ERR_INPUT);
    assert_int_equal(db_err_of_sqlstate("22P02"), ERR_INPUT);
    assert_int_equal(db_err_of_sqlstate("42P01"), ERR_CONFIG);
    assert_int_equal(db_err_of_sqlstate("28P01"), ERR_CONFIG);
}

static void parameters_take_the_text_form_of_their_value(void **state)
{
    (void)state;
    assert_string_equal(db_int(INT64_MIN).digits, "-9223372036854775808");
    assert_string_equal(db_uuid((struct uuid){{0xab}}).digits,
                        "ab000000-0000-0000-0000-000000000000");
    assert_int_equal(db_string(NULL).kind, DB_PARAM_NULL);
    assert_int_equal(db_string("").kind, DB_PARAM_TEXT);
}

/* Port 1 has no server: absent, so worth another try; nothing else works meanwhile. */
static void an_absent_server_is_busy(void **state)
{
    (void)state;
    struct db *db = db_new("host=127.0.0.1 port=1 dbname=none", 1000);
    assert_int_equal(db_connect(db), ERR_BUSY);
    assert_true(db_error_text(db)[0] != '\0');
    assert_int_equal(db_query(db, "SELECT 1", DB_NO_PARAMS, NULL), ERR_BUSY);
    assert_int_equal(db_batch_begin(db), ERR_BUSY);
    assert_int_equal(db_commit(db), ERR_DOUBT);
    db_rollback(db);
    db_free(db);
}

static void a_connection_string_that_is_none_is_a_wrong_setting(void **state)
{
    (void)state;
    struct db *db = db_new("nonsense here", 1000);
    assert_int_equal(db_connect(db), ERR_CONFIG);
    db_free(db);
}

static void a_pool_tells_why_it_gives_nothing(void **state)
{
    (void)state;
    char error[DB_POOL_ERROR_SIZE];
    struct db *db = NULL;
    struct db_pool *pool = db_pool_new("host=127.0.0.1 port=1", 1000, 2);
    assert_int_equal(db_pool_take(pool, 0, &db), ERR_BUSY);
    assert_null(db);
    db_pool_error(pool, error);
    assert_true(error[0] != '\0');
    db_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sqlstates_become_errors_a_loop_can_act_on),
        cmocka_unit_test(parameters_take_the_text_form_of_their_value),
        cmocka_unit_test(an_absent_server_is_busy),
        cmocka_unit_test(a_connection_string_that_is_none_is_a_wrong_setting),
        cmocka_unit_test(a_pool_tells_why_it_gives_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
