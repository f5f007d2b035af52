/* Prices as others hear of them: what moved, when it is told, and that nothing is where nothing
 * moves. */
#include "venue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define PRICE_E8    (10 * E8)
#define INTERVAL_US 250000

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

/* Two strangers trade at that price. */
static void trade(struct venue *venue, uint32_t number, int64_t price_e8)
{
    (void)venue_place(
        venue, &(struct wish){
                   .number = 2 * number, .account = 1, .side = SIDE_SELL, .price_e8 = price_e8});
    const struct event *event = venue_place(
        venue, &(struct wish){.number = 2 * number + 1, .account = 2, .price_e8 = price_e8});
    assert_int_equal(event->order_entered.fills_count, 1);
}

static void mark(struct venue *venue, int64_t mark_price_e8)
{
    struct command command = command_by(COMMAND_CHANGE_INSTRUMENT, ROLE_OPERATOR);
    command.change_instrument = (struct change_instrument){
        .symbol = TEXT(CEA), .has_mark_price_e8 = true, .mark_price_e8 = mark_price_e8};
    assert_int_equal(venue_command(venue, &command)->kind, EVENT_INSTRUMENT_CHANGED);
}

static const struct price *tell(struct venue *venue)
{
    const struct event *event = venue_decide(venue, &(struct input){.kind = INPUT_TIME});
    assert_int_equal(event->kind, EVENT_PRICES_MOVED);
    assert_int_equal(event->prices_moved.prices_count, 1);
    assert_true(text_is(event->key, CEA));
    assert_true(event_touches(event, SERVICE_ACCOUNTS, 0));
    return event->prices_moved.prices;
}

static void a_price_that_moved_is_told_at_once_and_then_at_intervals(void **state)
{
    struct venue *venue = *state;
    assert_true(orders_due_us(venue->state) == INT64_MAX);
    trade(venue, 1, PRICE_E8);
    assert_true(orders_due_us(venue->state) <= venue->now_us);
    const struct price *price = tell(venue);
    assert_true(price->has_last_price_e8 && !price->has_mark_price_e8);
    assert_int_equal(price->last_price_e8, PRICE_E8);
    assert_true(orders_due_us(venue->state) == INT64_MAX);
    trade(venue, 2, PRICE_E8 + E8);
    assert_true(orders_due_us(venue->state) == venue->now_us + INTERVAL_US);
}

static void what_trades_at_the_same_price_has_not_moved(void **state)
{
    struct venue *venue = *state;
    trade(venue, 1, PRICE_E8);
    (void)tell(venue);
    trade(venue, 2, PRICE_E8);
    assert_true(orders_due_us(venue->state) == INT64_MAX);
}

static void the_highest_and_lowest_price_since_are_told(void **state)
{
    struct venue *venue = *state;
    trade(venue, 1, PRICE_E8);
    (void)tell(venue);
    trade(venue, 2, PRICE_E8 + 3 * E8);
    trade(venue, 3, PRICE_E8 - 2 * E8);
    trade(venue, 4, PRICE_E8);
    const struct price *price = tell(venue);
    assert_int_equal(price->last_price_e8, PRICE_E8);
    assert_true(price->has_high_price_e8 && price->has_low_price_e8);
    assert_int_equal(price->high_price_e8, PRICE_E8 + 3 * E8);
    assert_int_equal(price->low_price_e8, PRICE_E8 - 2 * E8);
    trade(venue, 5, PRICE_E8 + E8);
    price = tell(venue);
    assert_int_equal(price->high_price_e8, PRICE_E8 + E8);
    assert_int_equal(price->low_price_e8, PRICE_E8 + E8);
}

static void another_mark_is_told_and_the_same_is_not(void **state)
{
    struct venue *venue = *state;
    mark(venue, 9 * E8);
    const struct price *price = tell(venue);
    assert_true(price->has_mark_price_e8 && !price->has_last_price_e8 && !price->has_high_price_e8);
    assert_int_equal(price->mark_price_e8, 9 * E8);
    mark(venue, 9 * E8);
    assert_true(orders_due_us(venue->state) == INT64_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_venue, close_venue)
    const struct CMUnitTest tests[] = {
        TEST(a_price_that_moved_is_told_at_once_and_then_at_intervals),
        TEST(what_trades_at_the_same_price_has_not_moved),
        TEST(the_highest_and_lowest_price_since_are_told),
        TEST(another_mark_is_told_and_the_same_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
