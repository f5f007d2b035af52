#include "gateway/limit.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const int64_t START_US = 1700000040 * SECOND_US; /* a whole minute */

static void as_many_as_the_limit_says_are_allowed(void **state)
{
    (void)state;
    struct limit *limit =
        limit_new((struct config_rate){.count = 3, .window_ms = 60000}, LIMIT_WINDOWS);
    for (int i = 0; i < 3; i++) {
        struct limit_result result = limit_take(limit, 42, START_US + i);
        assert_true(result.allowed);
        assert_int_equal(result.remaining, 2 - i);
    }
    struct limit_result refused = limit_take(limit, 42, START_US + 30 * SECOND_US);
    assert_false(refused.allowed);
    assert_int_equal(refused.remaining, 0);
    assert_true(limit_take(limit, 43, START_US).allowed); /* another source has its own */
    limit_free(limit);
}

static void waiting_as_long_as_told_is_enough_and_no_longer_than_needed(void **state)
{
    (void)state;
    struct limit *limit =
        limit_new((struct config_rate){.count = 10, .window_ms = 60000}, LIMIT_WINDOWS);
    int64_t now_us = START_US + 20 * SECOND_US;
    while (limit_take(limit, 1, now_us).allowed)
        now_us += 1000;
    int64_t wait_us = limit_take(limit, 1, now_us).retry_s * SECOND_US;
    assert_false(limit_take(limit, 1, now_us + wait_us - 2 * SECOND_US).allowed);
    assert_true(limit_take(limit, 1, now_us + wait_us).allowed);
    limit_free(limit);
}

static void
no_window_ever_lets_more_through_than_the_limit_and_a_window_before_it_gave(void **state)
{
    (void)state;
    enum { COUNT = 20, STEPS = 4000 };
    static int64_t taken_us[STEPS];
    struct limit *limit =
        limit_new((struct config_rate){.count = COUNT, .window_ms = 1000}, LIMIT_WINDOWS);
    size_t taken = 0;
    for (int i = 0; i < STEPS; i++) {
        int64_t now_us = START_US + i * 3000;
        if (limit_take(limit, 9, now_us).allowed)
            taken_us[taken++] = now_us;
    }
    for (size_t i = 0; i + COUNT + 2 < taken; i++)
        assert_true(taken_us[i + COUNT + 2] - taken_us[i] >= 900000);
    assert_true(taken >= 11 * COUNT); /* twelve seconds, so nearly all that is allowed */
    limit_free(limit);
}

static void what_other_gateways_let_in_counts_too(void **state)
{
    (void)state;
    struct limit *limit =
        limit_new((struct config_rate){.count = 10, .window_ms = 60000}, LIMIT_WINDOWS);
    for (int i = 0; i < 5; i++) {
        assert_true(limit_take(limit, 42, START_US + 59 * SECOND_US).allowed);
        limit_note(limit, 42, START_US + 58 * SECOND_US);
        limit_note(limit, 42, START_US - 90 * SECOND_US); /* long ago: counts no longer */
    }
    assert_false(limit_take(limit, 42, START_US + 59 * SECOND_US).allowed);
    assert_false(limit_take(limit, 42, START_US + 61 * SECOND_US).allowed);
    assert_true(limit_take(limit, 42, START_US + 90 * SECOND_US).allowed);
    limit_note(limit, 42, START_US + 59 * SECOND_US); /* told late, of the window before */
    assert_false(limit_take(limit, 42, START_US + 61 * SECOND_US).allowed);
    limit_free(limit);
}

static void a_limit_that_is_off_allows_everything(void **state)
{
    (void)state;
    struct limit *limit =
        limit_new((struct config_rate){.count = 0, .window_ms = 0}, LIMIT_WINDOWS);
    for (int i = 0; i < 1000; i++)
        assert_true(limit_take(limit, 1, START_US).allowed);
    limit_free(limit);
}

static void a_steady_limit_is_there_at_once_and_then_comes_back_evenly(void **state)
{
    (void)state;
    struct limit *limit =
        limit_new((struct config_rate){.count = 4, .window_ms = 60000}, LIMIT_STEADY);
    for (int i = 0; i < 4; i++) {
        struct limit_result result = limit_take(limit, 42, START_US);
        assert_true(result.allowed);
        assert_int_equal(result.remaining, 3 - i);
        assert_int_equal(result.reset_s, 15 * (i + 1));
    }
    struct limit_result refused = limit_take(limit, 42, START_US);
    assert_false(refused.allowed);
    assert_int_equal(refused.retry_s, 15);
    assert_int_equal(refused.remaining, 0);
    assert_true(limit_take(limit, 43, START_US).allowed);
    assert_false(limit_take(limit, 42, START_US + 15 * SECOND_US - 1).allowed);
    assert_true(limit_take(limit, 42, START_US + 15 * SECOND_US).allowed);
    assert_false(limit_take(limit, 42, START_US + 15 * SECOND_US).allowed);
    limit_free(limit);
}

/* Against a bucket that is filled drop by drop. */
static void a_steady_limit_is_exactly_a_bucket(void **state)
{
    (void)state;
    enum { COUNT = 5, INTERVAL_US = 200000, STEPS = 20000 };
    struct limit *limit =
        limit_new((struct config_rate){.count = COUNT, .window_ms = 1000}, LIMIT_STEADY);
    int64_t now_us = START_US, level_us = COUNT * INTERVAL_US;
    srand(20261129);
    for (int i = 0; i < STEPS; i++) {
        int64_t passed_us = rand() % (2 * INTERVAL_US);
        now_us += passed_us;
        level_us += passed_us;
        level_us = level_us > COUNT * INTERVAL_US ? COUNT * INTERVAL_US : level_us;
        bool expected = level_us >= INTERVAL_US;
        struct limit_result result = limit_take(limit, 9, now_us);
        assert_int_equal(result.allowed, expected);
        level_us -= expected ? INTERVAL_US : 0;
        assert_int_equal(result.remaining, level_us / INTERVAL_US);
    }
    limit_free(limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_as_the_limit_says_are_allowed),
        cmocka_unit_test(waiting_as_long_as_told_is_enough_and_no_longer_than_needed),
        cmocka_unit_test(
            no_window_ever_lets_more_through_than_the_limit_and_a_window_before_it_gave),
        cmocka_unit_test(what_other_gateways_let_in_counts_too),
        cmocka_unit_test(a_limit_that_is_off_allows_everything),
        cmocka_unit_test(a_steady_limit_is_there_at_once_and_then_comes_back_evenly),
        cmocka_unit_test(a_steady_limit_is_exactly_a_bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
