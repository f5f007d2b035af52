#include "cli/feed_csv.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LINE_SIZE = 1024 };

static char line[LINE_SIZE], problem[FEED_PROBLEM_SIZE];

static char *of(const char *text)
{
    snprintf(line, sizeof line, "%s", text);
    return line;
}

static struct feed_columns columns(const char *header, const char *price, const char *time)
{
    struct feed_columns columns = {0};
    if (feed_read_header(of(header), price, time, &columns, problem) != OK)
        fail_msg("%s: %s", header, problem);
    return columns;
}

static void columns_are_found_by_their_names(void **state)
{
    (void)state;
    struct feed_columns found = columns("Date,Open,High,Low,Close,Volume\n", "close", NULL);
    assert_int_equal(found.time, 0);
    assert_int_equal(found.price, 4);
    found =
        columns("\xef\xbb\xbf\"Price, adjusted\",\"Say \"\"when\"\"\"\r\n", "Say \"when\"", NULL);
    assert_int_equal(found.price, 1);
    found = columns("symbol, price ,time", "price", "Time");
    assert_int_equal(found.time, 2);
    assert_int_equal(found.price, 1);
}

static void a_column_that_is_not_there_is_named_with_those_that_are(void **state)
{
    (void)state;
    struct feed_columns found;
    assert_int_equal(feed_read_header(of(",Open,Close\n"), "Last", NULL, &found, problem),
                     ERR_INPUT);
    assert_string_equal(problem, "no column is named 'Last'; there are: '' 'Open' 'Close'");
    assert_int_equal(feed_read_header(of("a,\"b\n"), "a", NULL, &found, problem), ERR_INPUT);
}

static void assert_row(const char *text, const char *time, const char *price)
{
    const struct feed_columns places = {.time = 0, .price = 2};
    struct feed_row row;
    char printed[TIME_TEXT_SIZE];
    if (feed_read_row(of(text), &places, &row, problem) != OK)
        fail_msg("%s: %s", text, problem);
    time_print(row.time_us, printed);
    assert_memory_equal(printed, time, TIME_TEXT_SIZE);
    if (!text_is(row.price, price))
        fail_msg("%s: the price is '%.*s'", text, (int)row.price.size, row.price.data);
}

static void a_row_gives_its_time_and_its_price_as_text(void **state)
{
    (void)state;
    assert_row("2017-04-19 09:00:00,1.07,1.0722,5\n", "2017-04-19T09:00:00.000000Z", "1.0722");
    assert_row("2004-08-19,1,\"100.336\"\r\n", "2004-08-19T00:00:00.000000Z", "100.336");
    assert_row("2004-08-19,1, 100 ", "2004-08-19T00:00:00.000000Z", "100");
}

static void a_row_without_a_price_says_so(void **state)
{
    (void)state;
    static const char *const MISSING[] = {"2004-08-19,1,\n", "2004-08-19,1,.\n", "2004-08-19,1,NaN",
                                          "2004-08-19,1,null"};
    for (size_t i = 0; i < COUNT_OF(MISSING); i++)
        assert_row(MISSING[i], "2004-08-19T00:00:00.000000Z", "");
}

static void assert_bad_row(const char *text, const char *expected)
{
    const struct feed_columns places = {.time = 0, .price = 2};
    struct feed_row row;
    assert_int_equal(feed_read_row(of(text), &places, &row, problem), ERR_INPUT);
    assert_string_equal(problem, expected);
}

static void what_is_wrong_with_a_row_is_said_with_its_value(void **state)
{
    (void)state;
    assert_bad_row("2004-08-19,1\n", "it has 2 fields, too few for column 3");
    assert_bad_row("yesterday,1,2\n", "'yesterday' is no time");
    assert_bad_row("2004-02-30,1,2\n", "'2004-02-30' is no time");
    assert_bad_row("2004-02-28,\"1,2\n", "it has 0 fields, too few for column 3");
}

static void assert_time(const char *text, const char *expected)
{
    int64_t time_us = 0;
    char printed[TIME_TEXT_SIZE];
    if (feed_time_parse(text_of(text), &time_us) != OK)
        fail_msg("'%s' is no time", text);
    time_print(time_us, printed);
    assert_memory_equal(printed, expected, TIME_TEXT_SIZE);
}

static void times_come_in_the_forms_that_files_have(void **state)
{
    (void)state;
    assert_time("2017-04-19", "2017-04-19T00:00:00.000000Z");
    assert_time("2017-04-19 09:30", "2017-04-19T09:30:00.000000Z");
    assert_time("2017-04-19T09:30:15", "2017-04-19T09:30:15.000000Z");
    assert_time("2017-04-19 09:30:15.1234567", "2017-04-19T09:30:15.123456Z");
    assert_time("2017-04-19 09:30:15+02:00", "2017-04-19T07:30:15.000000Z");
    assert_time("2017-04-19T09:30:15.5Z", "2017-04-19T09:30:15.500000Z");
    assert_time("4/19/2017", "2017-04-19T00:00:00.000000Z");
    assert_time("12/1/1999 16:00", "1999-12-01T16:00:00.000000Z");
    assert_time("1492594200", "2017-04-19T09:30:00.000000Z");
    assert_time("1492594200250", "2017-04-19T09:30:00.250000Z");
    static const char *const BAD[] = {"",
                                      "2017",
                                      "20170419",
                                      "19/4/2017",
                                      "/4/2017",
                                      "4/19/17",
                                      "4/19",
                                      "19.04.2017",
                                      "2017-04-19 9:30",
                                      "2017-04-19 ",
                                      "2017-04-19x09:30",
                                      "2017-04-19 25:00",
                                      "123456789012345",
                                      "2017-04-19 09:30:15 and then some more"};
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        int64_t time_us = 0;
        if (feed_time_parse(text_of(BAD[i]), &time_us) != ERR_INPUT)
            fail_msg("'%s' is a time", BAD[i]);
    }
}

static void rows_are_due_at_the_pace_of_life_times_the_speed(void **state)
{
    (void)state;
    assert_int_equal(feed_due_us(1000, 0, 60), 1000);
    assert_int_equal(feed_due_us(1000, 3600 * SECOND_US, 60), 1000 + 60 * SECOND_US);
    assert_int_equal(feed_due_us(0, SECOND_US, 1), SECOND_US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_found_by_their_names),
        cmocka_unit_test(a_column_that_is_not_there_is_named_with_those_that_are),
        cmocka_unit_test(a_row_gives_its_time_and_its_price_as_text),
        cmocka_unit_test(a_row_without_a_price_says_so),
        cmocka_unit_test(what_is_wrong_with_a_row_is_said_with_its_value),
        cmocka_unit_test(times_come_in_the_forms_that_files_have),
        cmocka_unit_test(rows_are_due_at_the_pace_of_life_times_the_speed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
