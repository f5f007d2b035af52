#include "decimal/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROUNDS = 200000 };

static uint64_t seed;

/* splitmix64: the same numbers everywhere for the same seed. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Any int64, with small ones and those next to the limits as likely as large ones. */
static int64_t next_number(uint64_t *state)
{
    uint64_t bits = next_random(state);
    unsigned shift = (unsigned)(next_random(state) % 64);
    switch (next_random(state) % 8) {
    case 0: return INT64_MAX - (int64_t)(bits % 3);
    case 1: return INT64_MIN + (int64_t)(bits % 3);
    case 2: return (int64_t)(bits % 3) - 1;
    case 3: return (int64_t)(bits >> shift >> 1) / 100000000 * 100000000;
    default: return (int64_t)(bits >> shift) * (bits % 2 == 0 ? 1 : -1);
    }
}

static void assert_parses(const char *string, int64_t expected_e8)
{
    int64_t e8 = 0;
    if (decimal_parse(text_of(string), &e8) != OK || e8 != expected_e8)
        fail_msg("\"%s\" gave %lld, expected %lld", string, (long long)e8, (long long)expected_e8);
}

static void assert_refused(const char *string, enum err expected)
{
    int64_t e8 = 42;
    enum err err = decimal_parse(text_of(string), &e8);
    if (err != expected || e8 != 42)
        fail_msg("\"%s\" gave %s, expected %s", string, err_name(err), err_name(expected));
}

static void numbers_of_the_json_grammar_parse(void **state)
{
    (void)state;
    assert_parses("0", 0);
    assert_parses("-0", 0);
    assert_parses("0.0", 0);
    assert_parses("12.5", 1250000000);
    assert_parses("-0.00000001", -1);
    assert_parses("0.12345678", 12345678);
    assert_parses("1.123456780000000000000000000", 112345678);
    assert_parses("92233720368.54775807", INT64_MAX);
    assert_parses("-92233720368.54775808", INT64_MIN);
}

static void anything_else_is_refused_and_touches_nothing(void **state)
{
    (void)state;
    static const char *BAD[] = {"",
                                "-",
                                "+1",
                                ".5",
                                "1.",
                                "-.5",
                                "007",
                                "00",
                                "1e5",
                                "1E5",
                                "1 ",
                                " 1",
                                "--1",
                                "1.2.3",
                                "0x10",
                                "1,5",
                                "NaN",
                                "1.-5",
                                "-01",
                                "1.5-",
                                "1..5",
                                "1_000",
                                "0.000000001",
                                "inf",
                                ".",
                                "1.0x",
                                "٣",
                                "0.123456789",
                                "1.1234567800000001"};
    for (size_t i = 0; i < COUNT_OF(BAD); i++)
        assert_refused(BAD[i], ERR_INPUT);
    int64_t e8 = 42;
    assert_int_equal(decimal_parse((struct text){"1\0", 2}, &e8), ERR_INPUT);
}

static void what_does_not_fit_is_out_of_range(void **state)
{
    (void)state;
    assert_refused("92233720368.54775808", ERR_RANGE);
    assert_refused("-92233720368.54775809", ERR_RANGE);
    assert_refused("92233720369", ERR_RANGE);
    assert_refused("184467440737.09551617", ERR_RANGE); /* 2^64 + 1 units */
    char longest[400];
    memset(longest, '9', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_refused(longest, ERR_RANGE);
    longest[sizeof longest - 2] = 'x';
    assert_refused(longest, ERR_INPUT);
}

static void assert_prints(int64_t e8, int scale_min, const char *expected)
{
    char text[DECIMAL_TEXT_SIZE];
    assert_int_equal(decimal_print(e8, scale_min, text), strlen(expected));
    assert_string_equal(text, expected);
}

static void printing_is_shortest_but_for_the_asked_places(void **state)
{
    (void)state;
    assert_prints(0, 0, "0");
    assert_prints(0, 2, "0.00");
    assert_prints(1250000000, 0, "12.5");
    assert_prints(1250000000, 2, "12.50");
    assert_prints(1234500000, 2, "12.345");
    assert_prints(-1, 0, "-0.00000001");
    assert_prints(10 * E8, 8, "10.00000000");
    assert_prints(INT64_MAX, 0, "92233720368.54775807");
    assert_prints(INT64_MIN, 0, "-92233720368.54775808");
}

static void wide_totals_print_in_full(void **state)
{
    (void)state;
    char text[DECIMAL_WIDE_TEXT_SIZE];
    decimal_print_wide((__int128)INT64_MAX * 2, 0, text);
    assert_string_equal(text, "184467440737.09551614");
    __int128 smallest = (__int128)((unsigned __int128)1 << 127);
    assert_int_equal(decimal_print_wide(smallest, 0, text), DECIMAL_WIDE_TEXT_SIZE - 1);
    assert_string_equal(text, "-1701411834604692317316873037158.84105728");
}

static void random_numbers_print_as_the_oracle_says_and_parse_back(void **state)
{
    (void)state;
    uint64_t random = seed;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t e8 = next_number(&random);
        int scale_min = (int)(next_random(&random) % 9);
        unsigned long long units = e8 < 0 ? 0 - (unsigned long long)e8 : (unsigned long long)e8;
        char expected[64];
        int size = snprintf(expected, sizeof expected, "%s%llu.%08llu", e8 < 0 ? "-" : "",
                            units / 100000000, units % 100000000);
        for (int place = 8; place > scale_min && expected[size - 1] == '0'; place--)
            expected[--size] = '\0';
        if (expected[size - 1] == '.')
            expected[--size] = '\0';
        assert_prints(e8, scale_min, expected);
        assert_parses(expected, e8);
    }
}

static void sums_fit_up_to_the_limits_and_not_beyond(void **state)
{
    (void)state;
    int64_t result = 42;
    assert_true(decimal_add(INT64_MAX - 1, 1, &result));
    assert_true(result == INT64_MAX);
    assert_true(decimal_sub(INT64_MIN + 1, 1, &result));
    assert_true(result == INT64_MIN);
    assert_false(decimal_add(INT64_MAX, 1, &result));
    assert_false(decimal_add(INT64_MIN, -1, &result));
    assert_false(decimal_sub(0, INT64_MIN, &result));
    assert_true(result == INT64_MIN);
    assert_true(decimal_sum(INT64_MAX, INT64_MIN) == -1);
    assert_true(decimal_difference(-1, INT64_MAX) == INT64_MIN);
}

static void products_round_as_told(void **state)
{
    (void)state;
    static const struct {
        int64_t price_e8, quantity_e8;
        int64_t half_even, up, down;
    } ROWS[] = {
        {75 * E8 + 25000000, 2 * E8, 15050000000, 15050000000, 15050000000},
        {1, 50000000, 0, 1, 0},
        {3, 50000000, 2, 2, 1},
        {1, 50000001, 1, 1, 0},
        {1, 49999999, 0, 1, 0},
        {-1, 50000000, 0, -1, 0},
        {-3, 50000000, -2, -2, -1},
        {-5, 50000000, -2, -3, -2},
        {-1, 50000001, -1, -1, 0},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        int64_t result = 0;
        int64_t price_e8 = ROWS[i].price_e8, quantity_e8 = ROWS[i].quantity_e8;
        assert_int_equal(decimal_product(price_e8, quantity_e8, DECIMAL_HALF_EVEN, &result), OK);
        assert_int_equal(result, ROWS[i].half_even);
        assert_int_equal(decimal_product(price_e8, quantity_e8, DECIMAL_UP, &result), OK);
        assert_int_equal(result, ROWS[i].up);
        assert_int_equal(decimal_product(price_e8, quantity_e8, DECIMAL_DOWN, &result), OK);
        assert_int_equal(result, ROWS[i].down);
    }
}

static void an_inexact_or_overlarge_product_is_refused(void **state)
{
    (void)state;
    int64_t result = 42;
    assert_int_equal(decimal_product(1, 1, DECIMAL_EXACT, &result), ERR_INPUT);
    assert_int_equal(decimal_product(INT64_MAX, E8 + 1, DECIMAL_DOWN, &result), ERR_RANGE);
    assert_int_equal(decimal_product(INT64_MIN, INT64_MIN, DECIMAL_UP, &result), ERR_RANGE);
    assert_int_equal(decimal_product(INT64_MIN, -E8, DECIMAL_EXACT, &result), ERR_RANGE);
    assert_int_equal(result, 42);
    assert_int_equal(decimal_product(INT64_MIN, E8, DECIMAL_EXACT, &result), OK);
    assert_true(result == INT64_MIN);
}

/* Rounding says of value / unit = result: how far off it may be, and to which side. */
static void assert_rounded(__int128 value, __int128 unit, enum decimal_rounding rounding,
                           __int128 result)
{
    __int128 off = result * unit - value; /* above zero: the result is larger than the value */
    if (value < 0)
        off = -off; /* above zero: the result is further from zero */
    switch (rounding) {
    case DECIMAL_EXACT: assert_true(off == 0); break;
    case DECIMAL_UP: assert_true(off >= 0 && off < unit); break;
    case DECIMAL_DOWN: assert_true(off <= 0 && off > -unit); break;
    case DECIMAL_HALF_EVEN:
        assert_true(2 * off <= unit && -2 * off <= unit);
        if (2 * off == unit || -2 * off == unit)
            assert_true(result % 2 == 0);
        break;
    }
}

static void random_products_and_fees_are_within_their_rounding(void **state)
{
    (void)state;
    static const int64_t UNITS[] = {100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};
    uint64_t random = seed + 1;
    int fitting = 0;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t a = next_number(&random), b = next_number(&random), result = 0;
        enum decimal_rounding rounding = (enum decimal_rounding)(next_random(&random) % 4);
        enum err err = decimal_product(a, b, rounding, &result);
        __int128 product = (__int128)a * b;
        if (err == OK)
            assert_rounded(product, E8, rounding, result);
        else if (err == ERR_INPUT)
            assert_true(rounding == DECIMAL_EXACT && product % E8 != 0);
        else
            assert_true(product / E8 >= INT64_MAX || product / E8 <= INT64_MIN);
        fitting += err == OK;

        int scale = (int)(next_random(&random) % 9);
        int64_t rate_bps = (int64_t)(next_random(&random) % 10001);
        err = decimal_fee(a, rate_bps, scale, rounding, &result);
        if (err == OK) {
            assert_true(decimal_fits_scale(result, scale));
            assert_rounded((__int128)a * rate_bps, (__int128)10000 * UNITS[scale], rounding,
                           result / UNITS[scale]);
        }
    }
    assert_true(fitting > ROUNDS / 10);
}

static void fees_round_to_the_assets_scale(void **state)
{
    (void)state;
    int64_t fee_e8 = 42;
    assert_int_equal(decimal_fee(100 * E8, 25, 2, DECIMAL_EXACT, &fee_e8), OK);
    assert_int_equal(fee_e8, 25000000); /* 0.25 */
    assert_int_equal(decimal_fee(1 * E8, 25, 2, DECIMAL_EXACT, &fee_e8), ERR_INPUT);
    assert_int_equal(decimal_fee(50 * E8, 1, 2, DECIMAL_HALF_EVEN, &fee_e8), OK);
    assert_int_equal(fee_e8, 0); /* 0.005: a tie, and 0.00 is even */
    assert_int_equal(decimal_fee(150 * E8, 1, 2, DECIMAL_HALF_EVEN, &fee_e8), OK);
    assert_int_equal(fee_e8, 2000000); /* 0.015: a tie, and 0.02 is even */
    assert_int_equal(decimal_fee(1, 1, 2, DECIMAL_UP, &fee_e8), OK);
    assert_int_equal(fee_e8, 1000000); /* one cent */
    assert_int_equal(decimal_fee(INT64_MAX, 10000, 8, DECIMAL_EXACT, &fee_e8), OK);
    assert_true(fee_e8 == INT64_MAX);
    assert_int_equal(decimal_fee(INT64_MAX, 10001, 8, DECIMAL_DOWN, &fee_e8), ERR_RANGE);
    assert_int_equal(decimal_fee(INT64_MAX, 10000, 0, DECIMAL_UP, &fee_e8), ERR_RANGE);
}

static void averages_round_half_even(void **state)
{
    (void)state;
    assert_int_equal(decimal_divide_half_even(5, 2), 2);
    assert_int_equal(decimal_divide_half_even(7, 2), 4);
    assert_int_equal(decimal_divide_half_even(-5, 2), -2);
    assert_int_equal(decimal_divide_half_even(5, -2), -2);
    assert_int_equal(decimal_divide_half_even(2, 3), 1);
    /* 100 at 75.25 and 50 at 75.26 */
    assert_int_equal(decimal_divide_half_even((__int128)11288 * E8 * E8, (__int128)150 * E8),
                     7525333333);
    __int128 huge = (__int128)((~(unsigned __int128)0) >> 1);
    assert_int_equal(decimal_divide_half_even(huge, huge), 1);
}

static void scales_and_steps_are_told_apart(void **state)
{
    (void)state;
    assert_true(decimal_fits_scale(1230000000, 1));
    assert_false(decimal_fits_scale(1230000000, 0));
    assert_true(decimal_fits_scale(-1, 8));
    assert_false(decimal_fits_scale(-1, 7));
    assert_true(decimal_multiple_of(7525 * E8 / 100, E8 / 100));
    assert_false(decimal_multiple_of(7525 * E8 / 100, E8 / 10));
    assert_true(decimal_multiple_of(0, 1));
}

int main(void)
{
    const char *chosen = getenv("BOURSE_SEED");
    seed = chosen == NULL ? 20261122 : strtoull(chosen, NULL, 10);
    printf("seed %llu (BOURSE_SEED chooses another)\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_the_json_grammar_parse),
        cmocka_unit_test(anything_else_is_refused_and_touches_nothing),
        cmocka_unit_test(what_does_not_fit_is_out_of_range),
        cmocka_unit_test(printing_is_shortest_but_for_the_asked_places),
        cmocka_unit_test(wide_totals_print_in_full),
        cmocka_unit_test(random_numbers_print_as_the_oracle_says_and_parse_back),
        cmocka_unit_test(sums_fit_up_to_the_limits_and_not_beyond),
        cmocka_unit_test(products_round_as_told),
        cmocka_unit_test(an_inexact_or_overlarge_product_is_refused),
        cmocka_unit_test(random_products_and_fees_are_within_their_rounding),
        cmocka_unit_test(fees_round_to_the_assets_scale),
        cmocka_unit_test(averages_round_half_even),
        cmocka_unit_test(scales_and_steps_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
