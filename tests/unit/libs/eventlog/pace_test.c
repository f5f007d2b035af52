#include "eventlog/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { BURST_US = 20000, BURSTS = 200, BURSTS_A_SECOND = 1000000 / BURST_US };

/* The rest after seconds of bursts at a rate of records. */
static int64_t rest_at(int64_t patience, size_t records_a_second)
{
    struct pace pace = {.patience = patience};
    int64_t rest_us = 0;
    for (int64_t burst = 1; burst <= BURSTS; burst++)
        rest_us = pace_rest_us(&pace, burst * BURST_US, records_a_second / BURSTS_A_SECOND);
    return rest_us;
}

static void nothing_waits_when_there_is_little_to_do(void **state)
{
    (void)state;
    assert_int_equal(rest_at(0, 100), 0);
    assert_int_equal(rest_at(4, 100), 0);
}

static void rest_grows_with_the_rate_up_to_its_bound(void **state)
{
    (void)state;
    assert_in_range(rest_at(0, 300), 1000, 4000);
    assert_int_equal(rest_at(0, 1000), 5000);
    assert_int_equal(rest_at(0, 3000), 5000);
    assert_in_range(rest_at(0, 4500), 6000, 9000);
    assert_in_range(rest_at(0, 7000), 12000, 16000);
    assert_int_equal(rest_at(0, 100000), 20000);
}

static void the_patient_rest_many_times_as_long(void **state)
{
    (void)state;
    assert_int_equal(rest_at(4, 100000), 80000);
    assert_int_equal(rest_at(4, 1000), 20000);
}

static void an_empty_burst_is_followed_by_no_rest(void **state)
{
    (void)state;
    struct pace pace = {.rate = 5000};
    assert_int_equal(pace_rest_us(&pace, 1, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_waits_when_there_is_little_to_do),
        cmocka_unit_test(rest_grows_with_the_rate_up_to_its_bound),
        cmocka_unit_test(the_patient_rest_many_times_as_long),
        cmocka_unit_test(an_empty_burst_is_followed_by_no_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
