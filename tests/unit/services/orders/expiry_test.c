/* Orders whose time runs out. */
#include "base/time.h"
#include "venue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int open_venue(void **state)
{
    *state = venue_open(1);
    return 0;
}

static int close_venue(void **state)
{
    venue_check_replay(*state);
    venue_close(*state);
    return 0;
}

/* A stop that waits below the market. */
static struct wish stop_sell(uint32_t number)
{
    return (struct wish){.number = number,
                         .side = SIDE_SELL,
                         .type = ORDER_TYPE_STOP,
                         .stop_price_e8 = 9 * E8,
                         .expires_at_us = NOON_US + SECOND_US};
}

static void an_order_expires_at_its_time_and_not_before(void **state)
{
    struct venue *venue = *state;
    struct wish resting = {.number = 1,
                           .price_e8 = 10 * E8,
                           .time_in_force = TIME_IN_FORCE_GTD,
                           .expires_at_us = NOON_US + SECOND_US};
    struct wish waiting = stop_sell(2);
    waiting.time_in_force = TIME_IN_FORCE_DAY;
    venue_place(venue, &resting);
    venue_place(venue, &waiting);
    venue->now_us = NOON_US + SECOND_US - 1;
    assert_null(venue_time(venue));
    venue->now_us++;
    const struct event *event = venue_time(venue);
    assert_int_equal(event->kind, EVENT_ORDERS_CANCELED);
    assert_int_equal(event->orders_canceled.orders_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(event->orders_canceled.orders[i].status, ORDER_STATUS_EXPIRED);
        assert_int_equal(event->orders_canceled.orders[i].end_reason, END_REASON_EXPIRED);
    }
    assert_true(event_touches(event, SERVICE_ACCOUNTS, 0));
    assert_null(venue_time(venue));
    assert_int_equal(book_orders_count(orders_instrument(venue->state, TEXT(CEA))->book), 0);
}

static void an_order_that_comes_after_its_time_is_refused(void **state)
{
    struct venue *venue = *state;
    const struct event *event = venue_place(
        venue, &(struct wish){.number = 1, .price_e8 = 10 * E8, .expires_at_us = NOON_US});
    assert_int_equal(event->kind, EVENT_ORDER_REFUSED);
    assert_true(text_is(event->order_refused.code, "COMMAND_EXPIRED"));
}

static void many_orders_expire_a_bounded_number_at_a_time(void **state)
{
    struct venue *venue = *state;
    const uint32_t count = 2 * ORDERS_EXPIRED_MAX + 1;
    for (uint32_t i = 1; i <= count; i++)
        venue_place(
            venue,
            &(struct wish){.number = i, .price_e8 = 10 * E8, .expires_at_us = NOON_US + 1 + i % 7});
    venue->now_us += SECOND_US;
    assert_int_equal(venue_time(venue)->orders_canceled.orders_count, ORDERS_EXPIRED_MAX);
    assert_int_equal(venue_time(venue)->orders_canceled.orders_count, ORDERS_EXPIRED_MAX);
    assert_int_equal(venue_time(venue)->orders_canceled.orders_count, 1);
    assert_null(venue_time(venue));
}

static void what_expires_does_not_fire(void **state)
{
    struct venue *venue = *state;
    venue_mark(venue, 10 * E8);
    struct wish wish = stop_sell(1);
    venue_place(venue, &wish);
    venue_change_status(venue, INSTRUMENT_STATUS_HALTED);
    venue_mark(venue, 9 * E8);
    venue->now_us += SECOND_US;
    venue_change_status(venue, INSTRUMENT_STATUS_OPEN);
    assert_int_equal(venue_time(venue)->kind, EVENT_ORDERS_CANCELED);
    assert_null(venue_time(venue));
}

#define VENUE(test) cmocka_unit_test_setup_teardown(test, open_venue, close_venue)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VENUE(an_order_expires_at_its_time_and_not_before),
        VENUE(an_order_that_comes_after_its_time_is_refused),
        VENUE(many_orders_expire_a_bounded_number_at_a_time),
        VENUE(what_expires_does_not_fire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
