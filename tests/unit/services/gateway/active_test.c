#include "gateway/active.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const int64_t START_US = 1700000100 * SECOND_US; /* a whole five minutes */

/* Ids whose hashes differ in what is kept of them. */
static struct uuid session(uint8_t number)
{
    return (struct uuid){.bytes = {number, 7, 1}};
}

static void a_session_counts_once_however_often_it_asks(void **state)
{
    (void)state;
    struct active *active = active_new();
    assert_int_equal(active_count(active, START_US), 0);
    for (uint8_t i = 0; i < 30; i++)
        active_note(active, session(i % 3), START_US + i);
    assert_int_equal(active_count(active, START_US + 30), 3);
    active_free(active);
}

static void a_session_counts_until_the_window_behind_its_own_is_over(void **state)
{
    (void)state;
    struct active *active = active_new();
    active_note(active, session(1), START_US);
    active_note(active, session(2), START_US + ACTIVE_WINDOW_US);
    assert_int_equal(active_count(active, START_US + 2 * ACTIVE_WINDOW_US - 1), 2);
    assert_int_equal(active_count(active, START_US + 2 * ACTIVE_WINDOW_US), 1);
    assert_int_equal(active_count(active, START_US + 3 * ACTIVE_WINDOW_US), 0);
    active_free(active);
}

static void after_a_long_silence_none_of_before_counts(void **state)
{
    (void)state;
    for (int windows = 2; windows < 5; windows++) { /* even and odd ones */
        struct active *active = active_new();
        active_note(active, session(1), START_US);
        active_note(active, session(2), START_US + windows * ACTIVE_WINDOW_US);
        assert_int_equal(active_count(active, START_US + windows * ACTIVE_WINDOW_US), 1);
        active_free(active);
    }
}

static void a_clock_that_goes_back_ends_no_window(void **state)
{
    (void)state;
    struct active *active = active_new();
    active_note(active, session(1), START_US + ACTIVE_WINDOW_US);
    active_note(active, session(2), START_US);
    assert_int_equal(active_count(active, START_US + ACTIVE_WINDOW_US), 2);
    active_free(active);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_counts_once_however_often_it_asks),
        cmocka_unit_test(a_session_counts_until_the_window_behind_its_own_is_over),
        cmocka_unit_test(after_a_long_silence_none_of_before_counts),
        cmocka_unit_test(a_clock_that_goes_back_ends_no_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
