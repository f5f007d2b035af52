#include "cli/feed_price.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct feed_number ONE = {.digits = 1};

static struct feed_number number(const char *text)
{
    struct feed_number number = {0};
    if (feed_number_parse(text_of(text), &number) != OK)
        fail_msg("'%s' is no number", text);
    return number;
}

static void assert_reads(const char *text, int64_t digits, int places)
{
    struct feed_number read = number(text);
    if (read.digits != digits || read.places != places)
        fail_msg("'%s' is %lld * 10^-%d", text, (long long)read.digits, read.places);
}

static void assert_refused(const char *text, enum err expected)
{
    struct feed_number read;
    enum err err = feed_number_parse(text_of(text), &read);
    if (err != expected)
        fail_msg("'%s' gives %s", text, err_name(err));
}

static void numbers_are_read_as_they_are_written(void **state)
{
    (void)state;
    assert_reads("1.07219", 107219, 5);
    assert_reads("1.0719699859619141", 10719699859619141, 16);
    assert_reads("100", 1, -2);
    assert_reads("1005", 1005, 0);
    assert_reads("0.00120", 12, 4);
    assert_reads("1e-05", 1, 5);
    assert_reads("1.5E+3", 15, -2);
    assert_reads("-3.25", -325, 2);
    assert_reads("007", 7, 0);
    assert_reads("0", 0, 0);
    assert_reads("123456789012345678", 123456789012345678, 0);
    assert_reads("1.00000000000000000000000000000", 1, 0);
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {"",    "-",   ".",  "1.",    ".5",   "1e",  "1e+", "e5",
                                      "1,5", "1 2", "+1", "1.2.3", "0x10", "inf", "--1", "1e5x"};
    for (size_t i = 0; i < COUNT_OF(BAD); i++)
        assert_refused(BAD[i], ERR_INPUT);
    assert_refused("1234567890123456789", ERR_RANGE);
    assert_refused("1e31", ERR_RANGE);
}

static int64_t priced(const char *price, const char *factor, int64_t tick_e8)
{
    int64_t price_e8 = 0;
    if (feed_price(number(price), number(factor), tick_e8, &price_e8) != OK)
        fail_msg("%s * %s has no price", price, factor);
    return price_e8;
}

static void a_price_goes_to_the_nearest_tick_and_a_tie_to_the_even_one(void **state)
{
    (void)state;
    const int64_t cent = E8 / 100;
    assert_int_equal(priced("12.344", "1", cent), 1234 * cent);
    assert_int_equal(priced("12.345", "1", cent), 1234 * cent);
    assert_int_equal(priced("12.355", "1", cent), 1236 * cent);
    assert_int_equal(priced("12.3450000000000001", "1", cent), 1235 * cent);
    assert_int_equal(priced("12.6", "1", 25 * E8 / 100), 1250 * cent);
    assert_int_equal(priced("1749.9", "1", 500 * E8), 1500 * E8);
    assert_int_equal(priced("0.000000015", "1", 1), 2);
}

/* In floating point 1.005 * 100 is less than 100.5. */
static void the_factor_is_exact(void **state)
{
    (void)state;
    const int64_t cent = E8 / 100;
    assert_int_equal(priced("1.005", "100", cent), 10050 * cent);
    assert_int_equal(priced("1.005", "100", E8 / 2), 201 * E8 / 2);
    assert_int_equal(priced("1.0719699859619141", "100000000", 1), INT64_C(10719699859619141));
    assert_int_equal(priced("0.145", "0.1", E8 / 1000), 14 * E8 / 1000);
    assert_int_equal(priced("999999999999999999", "1e-9", 1), INT64_C(100000000000000000));
}

static void assert_no_price(const char *price, const char *factor, int64_t tick_e8,
                            enum err expected)
{
    int64_t price_e8 = 42;
    enum err err = feed_price(number(price), number(factor), tick_e8, &price_e8);
    if (err != expected || price_e8 != 42)
        fail_msg("%s * %s gives %s", price, factor, err_name(err));
}

static void what_no_instrument_could_take_is_refused(void **state)
{
    (void)state;
    assert_no_price("0", "1", 1, ERR_INPUT);
    assert_no_price("-12.5", "1", 1, ERR_INPUT);
    assert_no_price("0.005", "1", E8 / 100, ERR_INPUT);
    assert_no_price("1e-30", "1e-30", E8, ERR_INPUT);
    assert_no_price("1e-30", "1e-30", INT64_MAX, ERR_INPUT);
    assert_no_price("92233720369", "1", 1, ERR_RANGE);
    assert_no_price("999999999999999999", "999999999999999999", 1, ERR_RANGE);
    assert_no_price("1e30", "1e30", 1, ERR_RANGE);
    int64_t price_e8 = 0;
    assert_int_equal(feed_price(number("92233720368.547758"), ONE, 1, &price_e8), OK);
    assert_int_equal(price_e8, INT64_C(9223372036854775800));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_as_they_are_written),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(a_price_goes_to_the_nearest_tick_and_a_tie_to_the_even_one),
        cmocka_unit_test(the_factor_is_exact),
        cmocka_unit_test(what_no_instrument_could_take_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
