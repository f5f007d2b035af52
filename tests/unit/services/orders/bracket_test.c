/* Guards of purchases: a stop loss and a take-profit of which one cancels the other. */
#include "venue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { OWNER = 1, OTHER = 2, PARENT = 10, LOSS = 100, PROFIT = 101 };

static int open_venue(void **state)
{
    *state = venue_open(1);
    venue_mark(*state, 10 * E8);
    return 0;
}

static int close_venue(void **state)
{
    venue_check_replay(*state);
    venue_close(*state);
    return 0;
}

/* Accounts has settled a purchase of so much, to be guarded at 9 and 11. */
static struct bracket bracket(uint32_t loss, int64_t quantity_e8)
{
    return (struct bracket){.order_id = order_id(CEA, loss),
                            .has_sibling_id = true,
                            .sibling_id = order_id(CEA, loss + 1),
                            .parent_id = order_id(CEA, PARENT),
                            .account_id = account_id(OWNER),
                            .instrument = TEXT(CEA),
                            .quantity_e8 = quantity_e8,
                            .has_stop_loss_price_e8 = true,
                            .stop_loss_price_e8 = 9 * E8,
                            .has_take_profit_price_e8 = true,
                            .take_profit_price_e8 = 11 * E8};
}

static const struct brackets_entered *settled(struct venue *venue, struct bracket *brackets,
                                              size_t count)
{
    const struct event event = {.kind = EVENT_FILLS_SETTLED,
                                .fills_settled = {.brackets = brackets, .brackets_count = count}};
    const struct event *answer = venue_follow(venue, &event);
    assert_int_equal(answer->kind, EVENT_BRACKETS_ENTERED);
    return &answer->brackets_entered;
}

static void guard(struct venue *venue, int64_t quantity_e8)
{
    struct bracket pair = bracket(LOSS, quantity_e8);
    assert_int_equal(settled(venue, &pair, 1)->guards_count, 2);
}

static const struct order_entered *fires(struct venue *venue, uint32_t number)
{
    const struct event *event = venue_time(venue);
    assert_non_null(event);
    assert_int_equal(event->kind, EVENT_ORDER_ENTERED);
    assert_true(uuid_equal(event->order_entered.order.id, order_id(CEA, number)));
    return &event->order_entered;
}

static void a_pair_guards_what_was_filled(void **state)
{
    struct venue *venue = *state;
    guard(venue, 2 * E8);
    const struct order *loss = venue_order(venue, LOSS);
    assert_int_equal(loss->type, ORDER_TYPE_STOP);
    assert_int_equal(loss->stop_price_e8, 9 * E8);
    assert_int_equal(loss->quantity_e8, 2 * E8);
    assert_int_equal(loss->trigger, TRIGGER_STATE_WAITING);
    assert_true(uuid_equal(loss->sibling_id, order_id(CEA, PROFIT)));
    assert_true(uuid_equal(loss->parent_id, order_id(CEA, PARENT)));
    const struct order *profit = venue_order(venue, PROFIT);
    assert_int_equal(profit->type, ORDER_TYPE_TAKE_PROFIT);
    assert_true(uuid_equal(profit->sibling_id, order_id(CEA, LOSS)));
    assert_false(event_touches(&venue->event, SERVICE_ACCOUNTS, 0)); /* its hold is there */
    assert_null(venue_time(venue));
}

static void one_that_fires_ends_the_other_with_it(void **state)
{
    struct venue *venue = *state;
    venue_place(venue, &(struct wish){
                           .number = 1, .account = OTHER, .price_e8 = 8 * E8, .quantity_e8 = E8});
    guard(venue, E8);
    venue_mark(venue, 9 * E8);
    const struct order_entered *fired = fires(venue, LOSS);
    assert_int_equal(fired->order.status, ORDER_STATUS_FILLED);
    assert_int_equal(fired->ended_count, 1);
    assert_true(uuid_equal(fired->ended[0].order_id, order_id(CEA, PROFIT)));
    assert_int_equal(fired->ended[0].end_reason, END_REASON_SIBLING);
    assert_int_equal(venue_order(venue, PROFIT)->status, ORDER_STATUS_CANCELED);
    venue_mark(venue, 11 * E8);
    assert_null(venue_time(venue));
}

/* Both were crossed while nothing could fire: the first of them ends the other. */
static void of_two_that_are_crossed_the_first_fires(void **state)
{
    struct venue *venue = *state;
    guard(venue, E8);
    venue_change_status(venue, INSTRUMENT_STATUS_HALTED);
    venue_mark(venue, 11 * E8);
    venue_mark(venue, 9 * E8);
    venue_check_replay(venue);
    venue_change_status(venue, INSTRUMENT_STATUS_OPEN);
    assert_int_equal(fires(venue, PROFIT)->ended_count, 1);
    assert_null(venue_time(venue));
}

static void a_price_that_is_crossed_already_fires_at_once(void **state)
{
    struct venue *venue = *state;
    venue_mark(venue, 8 * E8);
    guard(venue, E8);
    assert_int_equal(fires(venue, LOSS)->entry, ORDER_ENTRY_TRIGGERED);
    assert_null(venue_time(venue));
}

/* So a pair never is half in the book, and to name its first order names all that is left of it. */
static void one_that_fires_does_not_rest(void **state)
{
    struct venue *venue = *state;
    guard(venue, 2 * E8);
    venue_place(venue, &(struct wish){
                           .number = 1, .account = OTHER, .price_e8 = 12 * E8, .quantity_e8 = E8});
    venue_mark(venue, 11 * E8);
    const struct order_entered *fired = fires(venue, PROFIT);
    assert_int_equal(fired->order.filled_quantity_e8, E8);
    assert_int_equal(fired->order.status, ORDER_STATUS_CANCELED);
    assert_int_equal(fired->ended_count, 1);
    assert_int_equal(venue_order(venue, LOSS)->status, ORDER_STATUS_CANCELED);
}

static void to_cancel_one_ends_both(void **state)
{
    struct venue *venue = *state;
    guard(venue, E8);
    const struct event *event = venue_cancel(venue, order_id(CEA, PROFIT), OWNER, ROLE_USER);
    assert_int_equal(event->order_canceled.ended_count, 1);
    assert_true(uuid_equal(event->order_canceled.ended[0].order_id, order_id(CEA, LOSS)));
    assert_int_equal(venue_order(venue, LOSS)->end_reason, END_REASON_SIBLING);
    assert_true(event_touches(event, SERVICE_ACCOUNTS, 0));
}

static void more_fills_make_the_pair_larger(void **state)
{
    struct venue *venue = *state;
    guard(venue, E8);
    struct bracket more = bracket(LOSS + 2, 3 * E8);
    more.has_into_id = true;
    more.into_id = order_id(CEA, LOSS);
    const struct brackets_entered *entered = settled(venue, &more, 1);
    assert_int_equal(entered->guards_count, 2);
    assert_int_equal(entered->merged_count, 1);
    assert_true(uuid_equal(entered->merged[0].order_id, more.order_id));
    assert_true(uuid_equal(entered->merged[0].into_id, more.into_id));
    assert_true(event_touches(&venue->event, SERVICE_ACCOUNTS, 0));
    assert_int_equal(venue_order(venue, LOSS)->quantity_e8, 4 * E8);
    assert_int_equal(venue_order(venue, PROFIT)->remaining_quantity_e8, 4 * E8);
}

/* Fired before the next fill was settled: that gets a pair of its own. */
static void a_pair_that_is_gone_is_followed_by_another(void **state)
{
    struct venue *venue = *state;
    guard(venue, E8);
    venue_mark(venue, 9 * E8);
    fires(venue, LOSS);
    venue_mark(venue, 10 * E8);
    struct bracket more = bracket(LOSS + 2, 3 * E8);
    more.has_into_id = true;
    more.into_id = order_id(CEA, LOSS);
    const struct brackets_entered *entered = settled(venue, &more, 1);
    assert_int_equal(entered->merged_count, 0);
    assert_int_equal(venue_order(venue, LOSS + 2)->quantity_e8, 3 * E8);
}

static void one_price_gives_one_guard(void **state)
{
    struct venue *venue = *state;
    struct bracket alone = bracket(LOSS, E8);
    alone.has_sibling_id = alone.has_stop_loss_price_e8 = false;
    assert_int_equal(settled(venue, &alone, 1)->guards_count, 1);
    assert_int_equal(venue_order(venue, LOSS)->type, ORDER_TYPE_TAKE_PROFIT);
    assert_false(venue_order(venue, LOSS)->has_sibling_id);
    venue_mark(venue, 11 * E8);
    assert_int_equal(fires(venue, LOSS)->ended_count, 0);
}

static void guards_go_with_their_position(void **state)
{
    struct venue *venue = *state;
    guard(venue, E8);
    struct uuid loss = order_id(CEA, LOSS);
    const struct event flat = {.kind = EVENT_CANCEL_REQUESTED,
                               .cancel_requested = {.account_id = account_id(OWNER),
                                                    .reason = END_REASON_CLOSED,
                                                    .orders = &loss,
                                                    .orders_count = 1,
                                                    .goes_on = true}};
    const struct orders_canceled *canceled = &venue_follow(venue, &flat)->orders_canceled;
    assert_int_equal(canceled->orders_count, 1);
    assert_int_equal(canceled->orders[0].end_reason, END_REASON_CLOSED);
    assert_int_equal(canceled->ended_count, 1);
    assert_int_equal(canceled->ended[0].end_reason, END_REASON_SIBLING);
    assert_true(event_touches(&venue->event, SERVICE_ACCOUNTS, 0));
    assert_int_equal(venue_follow(venue, &flat)->orders_canceled.orders_count, 0);
}

/* The lot changed after the purchase had left the book and before its guards came. */
static void a_guard_that_no_longer_fits_the_lot_ends_as_it_fires(void **state)
{
    struct venue *venue = *state;
    struct command command = command_by(COMMAND_CHANGE_INSTRUMENT, ROLE_OPERATOR);
    command.change_instrument.symbol = TEXT(CEA);
    command.change_instrument.has_lot_size_e8 = command.change_instrument.has_min_quantity_e8 =
        true;
    command.change_instrument.lot_size_e8 = command.change_instrument.min_quantity_e8 = 10 * E8;
    assert_int_equal(venue_command(venue, &command)->kind, EVENT_INSTRUMENT_CHANGED);
    guard(venue, 4 * E8);
    venue_mark(venue, 9 * E8);
    const struct order_entered *entered = fires(venue, LOSS);
    assert_int_equal(entered->order.status, ORDER_STATUS_CANCELED);
    assert_int_equal(entered->order.remaining_quantity_e8, 4 * E8);
    assert_int_equal(entered->ended_count, 1);
}

static void prices_of_guards_are_on_the_tick(void **state)
{
    struct venue *venue = *state;
    const struct event *event = venue_place(
        venue,
        &(struct wish){.number = PARENT, .price_e8 = 10 * E8, .take_profit_price_e8 = 11 * E8 + 1});
    assert_true(text_is(event->order_refused.code, "TICK_SIZE"));
    assert_true(text_is(event->order_refused.field, "take_profit_price"));
}

#define VENUE(test) cmocka_unit_test_setup_teardown(test, open_venue, close_venue)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VENUE(a_pair_guards_what_was_filled),
        VENUE(one_that_fires_ends_the_other_with_it),
        VENUE(of_two_that_are_crossed_the_first_fires),
        VENUE(a_price_that_is_crossed_already_fires_at_once),
        VENUE(one_that_fires_does_not_rest),
        VENUE(to_cancel_one_ends_both),
        VENUE(more_fills_make_the_pair_larger),
        VENUE(a_pair_that_is_gone_is_followed_by_another),
        VENUE(one_price_gives_one_guard),
        VENUE(guards_go_with_their_position),
        VENUE(a_guard_that_no_longer_fits_the_lot_ends_as_it_fires),
        VENUE(prices_of_guards_are_on_the_tick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
