/* Calendars as they are written, and as nobody should write them. */
#include "syndication/ical.h"

#include "base/buffer.h"
#include "syndication/rss.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NL     "\r\n"
#define BEGIN  "BEGIN:VCALENDAR" NL "VERSION:2.0" NL "PRODID:-//test//EN" NL
#define END    "END:VCALENDAR" NL
#define EVENT  "BEGIN:VEVENT" NL
#define EVENTS "END:VEVENT" NL

enum { ARENA_SIZE = 256 << 20 };

struct calendar {
    struct arena *arena;
    struct ical_date *dates;
    size_t count;
    const char *problem;
};

static int set_up(void **state)
{
    static struct calendar calendar;
    calendar = (struct calendar){.arena = arena_new(ARENA_SIZE)};
    *state = &calendar;
    return 0;
}

static int tear_down(void **state)
{
    arena_free(((struct calendar *)*state)->arena);
    return 0;
}

static enum err parse_bytes(struct calendar *calendar, struct bytes file)
{
    return ical_parse(file, calendar->arena, &calendar->dates, &calendar->count,
                      &calendar->problem);
}

static enum err parse(struct calendar *calendar, const char *text)
{
    return parse_bytes(calendar, (struct bytes){(const uint8_t *)text, strlen(text)});
}

static void dates_are_read_in_their_zones(void **state)
{
    static const char FILE[] = BEGIN EVENT
        "UID:u-1" NL "SUMMARY:Rate\\, of inflation" NL "DTSTART:20261201T130000Z" NL "PRIORITY:1" NL
        "URL:https://example.com" NL EVENTS EVENT "UID:u-2" NL "SUMMARY:Folded su" NL " mmary" NL
        "DTSTART;TZID=Europe/Berlin:20261201T140000" NL EVENTS EVENT "UID:u-3" NL "SUMMARY:A day" NL
        "DTSTART;VALUE=DATE:20261201" NL "RRULE:FREQ=DAILY" NL "STATUS:CANCELLED" NL EVENTS END;
    struct calendar *calendar = *state;
    assert_int_equal(parse(calendar, FILE), OK);
    assert_int_equal(calendar->count, 3);
    const struct ical_date *dates = calendar->dates;
    assert_true(text_is(dates[0].uid, "u-1"));
    assert_true(text_is(dates[0].summary, "Rate, of inflation"));
    assert_true(text_is(dates[0].url, "https://example.com"));
    assert_int_equal(dates[0].priority, 1);
    assert_true(dates[0].has_start && dates[1].has_start && dates[2].has_start);
    assert_int_equal(dates[0].starts_at_us, INT64_C(1796130000000000));
    assert_int_equal(dates[1].starts_at_us, INT64_C(1796130000000000));
    assert_true(text_is(dates[1].summary, "Folded summary"));
    assert_int_equal(dates[2].starts_at_us, INT64_C(1796083200000000));
    assert_true(dates[2].repeats && dates[2].canceled);
    assert_false(dates[0].repeats || dates[0].canceled);
}

static void a_date_without_a_time_that_anybody_knows_has_none(void **state)
{
    static const char FILE[] = BEGIN EVENT
        "UID:u-1" NL EVENTS EVENT "DTSTART;TZID=Nowhere/Land:20261201T140000" NL EVENTS EVENT
        "DTSTART;TZID=../../etc/passwd:20261201T140000" NL EVENTS EVENT
        "DTSTART:yesterday" NL EVENTS EVENT "DTSTART:18000101T000000Z" NL EVENTS EVENT
        "DTSTART:20261399T990000Z" NL EVENTS END;
    struct calendar *calendar = *state;
    assert_int_equal(parse(calendar, FILE), OK);
    assert_true(calendar->count > 0);
    for (size_t i = 0; i < calendar->count; i++)
        assert_false(calendar->dates[i].has_start);
}

static void what_is_no_calendar_is_refused(void **state)
{
    struct calendar *calendar = *state;
    static const char *const OTHERS[] = {"", "no calendar", "BEGIN:VCARD" NL "END:VCARD" NL,
                                         "<rss/>", EVENT "UID:1" NL EVENTS};
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++)
        assert_int_equal(parse(calendar, OTHERS[i]), ERR_INPUT);
    const struct bytes zero = {(const uint8_t *)"BEGIN:\0VCALENDAR", 16};
    assert_int_equal(parse_bytes(calendar, zero), ERR_INPUT);
}

static void too_many_dates_are_refused(void **state)
{
    struct calendar *calendar = *state;
    struct buffer text;
    buffer_init(&text, SYNDICATION_FILE_MAX);
    buffer_string(&text, BEGIN);
    for (int i = 0; i <= SYNDICATION_ITEMS_MAX; i++)
        buffer_string(&text, EVENT EVENTS);
    buffer_string(&text, END);
    assert_int_equal(parse_bytes(calendar, buffer_bytes(&text)), ERR_INPUT);
    buffer_free(&text);
}

#define CALENDAR_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CALENDAR_TEST(dates_are_read_in_their_zones),
        CALENDAR_TEST(a_date_without_a_time_that_anybody_knows_has_none),
        CALENDAR_TEST(what_is_no_calendar_is_refused),
        CALENDAR_TEST(too_many_dates_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
