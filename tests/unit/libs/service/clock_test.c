#include "service/clock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { WALL_US = 1700000000, BOOT_US = 5000 };

static void a_clock_follows_the_wall_clock_while_it_is_moved_a_little(void **state)
{
    (void)state;
    struct clock clock;
    clock_start_at(&clock, WALL_US, BOOT_US);
    assert_int_equal(clock_read(&clock, WALL_US + 10, BOOT_US + 10), WALL_US + 10);
    assert_int_equal(clock_read(&clock, WALL_US + CLOCK_JUMP_MAX_US, BOOT_US),
                     WALL_US + CLOCK_JUMP_MAX_US);
    assert_int_equal(clock_read(&clock, WALL_US - CLOCK_JUMP_MAX_US, BOOT_US),
                     WALL_US - CLOCK_JUMP_MAX_US);
    assert_int_equal(clock.jump_us, 0);
}

static void a_jump_either_way_is_kept_and_never_read(void **state)
{
    (void)state;
    const int64_t jumps_us[] = {INT64_C(-3600000000), INT64_C(315360000000000),
                                CLOCK_JUMP_MAX_US + 1, -CLOCK_JUMP_MAX_US - 1};
    for (size_t i = 0; i < COUNT_OF(jumps_us); i++) {
        struct clock clock;
        clock_start_at(&clock, WALL_US, BOOT_US);
        assert_int_equal(clock_read(&clock, WALL_US + 7 + jumps_us[i], BOOT_US + 7), WALL_US + 7);
        assert_int_equal(clock.jump_us, jumps_us[i]);
        assert_int_equal(clock_read(&clock, WALL_US + 8, BOOT_US + 8), WALL_US + 8);
        assert_int_equal(clock.jump_us, jumps_us[i]); /* one wild reading is enough */
    }
}

static void the_machines_clocks_agree_with_themselves(void **state)
{
    (void)state;
    struct clock clock;
    clock_start(&clock);
    int64_t first_us = clock_now_us(&clock);
    assert_true(clock_now_us(&clock) >= first_us);
    assert_int_equal(clock.jump_us, 0);
}

static void two_clocks_are_apart_by_what_asking_does_not_explain(void **state)
{
    (void)state;
    assert_int_equal(clock_apart_us(100, 100, 200), 0);
    assert_int_equal(clock_apart_us(100, 200, 200), 0);
    assert_int_equal(clock_apart_us(100, 99, 200), 1);
    assert_int_equal(clock_apart_us(100, 201, 200), -1);
    assert_false(clock_is_wrong(CLOCK_APART_MAX_US) || clock_is_wrong(-CLOCK_APART_MAX_US));
    assert_true(clock_is_wrong(CLOCK_APART_MAX_US + 1) && clock_is_wrong(-CLOCK_APART_MAX_US - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_follows_the_wall_clock_while_it_is_moved_a_little),
        cmocka_unit_test(a_jump_either_way_is_kept_and_never_read),
        cmocka_unit_test(the_machines_clocks_agree_with_themselves),
        cmocka_unit_test(two_clocks_are_apart_by_what_asking_does_not_explain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
