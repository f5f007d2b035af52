/* Emergency closes: the sells beside it end, all of it is sold, and what is left over stays. */
#include "venue.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PRICE_E8 (10 * E8)

/* Account 1 sells 3 at 12.00 in order 1; account 2 buys 4 at 10.00 in order 2. */
static int open_venue(void **state)
{
    struct venue *venue = venue_open(1);
    *state = venue;
    venue_place(venue, &(struct wish){.number = 1,
                                      .account = 1,
                                      .side = SIDE_SELL,
                                      .price_e8 = 12 * E8,
                                      .quantity_e8 = 3 * E8});
    venue_place(venue, &(struct wish){
                           .number = 2, .account = 2, .price_e8 = PRICE_E8, .quantity_e8 = 4 * E8});
    return 0;
}

static int close_venue(void **state)
{
    venue_check_replay(*state);
    venue_close(*state);
    return 0;
}

/* That what a close leaves may bring. */
static int64_t room_e8 = 1000 * E8;

/* What accounts authorises: `available_e8` of account 1, and its sells. */
static const struct event *close_position(struct venue *venue, int64_t available_e8,
                                          struct uuid *sells, size_t count)
{
    const struct event authorized = {
        .kind = EVENT_ORDER_AUTHORIZED,
        .order_authorized = {.order = {.id = order_id(CEA, 9),
                                       .account_id = account_id(1),
                                       .instrument = TEXT(CEA),
                                       .side = SIDE_SELL,
                                       .type = ORDER_TYPE_MARKET,
                                       .self_trade = SELF_TRADE_CANCEL_RESTING,
                                       .status = ORDER_STATUS_PENDING,
                                       .quantity_e8 = available_e8,
                                       .remaining_quantity_e8 = available_e8,
                                       .close = true,
                                       .created_at = venue->now_us,
                                       .updated_at = venue->now_us},
                             .hold_asset = TEXT("CEA"),
                             .hold_e8 = available_e8,
                             .room_e8 = room_e8,
                             .sells = sells,
                             .sells_count = count}};
    return venue_follow(venue, &authorized);
}

static const struct order_entered *closed(const struct event *event)
{
    assert_int_equal(event->kind, EVENT_ORDER_ENTERED);
    assert_int_equal(event->order_entered.entry, ORDER_ENTRY_CLOSE);
    assert_true(event_touches(event, SERVICE_ACCOUNTS, 0));
    return &event->order_entered;
}

static void sells_end_and_hold_and_rest_are_sold(void **state)
{
    struct uuid sell = order_id(CEA, 1);
    const struct order_entered *entered = closed(close_position(*state, E8, &sell, 1));
    assert_int_equal(entered->ended_count, 1);
    assert_true(uuid_equal(entered->ended[0].order_id, sell));
    assert_int_equal(entered->ended[0].end_reason, END_REASON_CLOSED);
    assert_int_equal(entered->ended[0].remaining_quantity_e8, 3 * E8);
    assert_int_equal(entered->order.quantity_e8, 4 * E8);
    assert_int_equal(entered->order.filled_quantity_e8, 4 * E8);
    assert_int_equal(entered->order.status, ORDER_STATUS_FILLED);
}

/* Of two guards that sell the same, accounts names the first. */
static void a_pair_is_sold_once(void **state)
{
    struct venue *venue = *state;
    struct bracket pair = {.order_id = order_id(CEA, 20),
                           .has_sibling_id = true,
                           .sibling_id = order_id(CEA, 21),
                           .parent_id = order_id(CEA, 19),
                           .account_id = account_id(1),
                           .instrument = TEXT(CEA),
                           .quantity_e8 = 2 * E8,
                           .has_stop_loss_price_e8 = true,
                           .stop_loss_price_e8 = 9 * E8,
                           .has_take_profit_price_e8 = true,
                           .take_profit_price_e8 = 11 * E8};
    const struct event settled = {.kind = EVENT_FILLS_SETTLED,
                                  .fills_settled = {.brackets = &pair, .brackets_count = 1}};
    assert_int_equal(venue_follow(venue, &settled)->kind, EVENT_BRACKETS_ENTERED);
    const struct order_entered *entered = closed(close_position(venue, 0, &pair.order_id, 1));
    assert_int_equal(entered->order.filled_quantity_e8, 2 * E8);
    assert_int_equal(entered->ended_count, 2);
    assert_int_equal(entered->ended[0].end_reason, END_REASON_CLOSED);
    assert_true(uuid_equal(entered->ended[1].order_id, pair.sibling_id));
    assert_int_equal(entered->ended[1].end_reason, END_REASON_SIBLING);
    assert_int_equal(venue_order(venue, 21)->status, ORDER_STATUS_CANCELED);
}

static void only_sells_may_be_left(void **state)
{
    struct uuid sell = order_id(CEA, 1);
    const struct order_entered *entered = closed(close_position(*state, 0, &sell, 1));
    assert_int_equal(entered->order.filled_quantity_e8, 3 * E8);
}

static void what_is_left_over_stays_at_the_last_price(void **state)
{
    struct uuid sell = order_id(CEA, 1);
    const struct order_entered *entered = closed(close_position(*state, 2 * E8, &sell, 1));
    const struct order *order = &entered->order;
    assert_int_equal(order->status, ORDER_STATUS_PARTIALLY_FILLED);
    assert_false(order->has_end_reason);
    assert_int_equal(order->type, ORDER_TYPE_LIMIT);
    assert_int_equal(order->limit_price_e8, PRICE_E8);
    assert_int_equal(order->remaining_quantity_e8, E8);
    struct venue *venue = *state;
    venue_place(
        venue, &(struct wish){.number = 10, .account = 2, .price_e8 = PRICE_E8, .quantity_e8 = E8});
    assert_int_equal(venue->event.order_entered.order.status, ORDER_STATUS_FILLED);
}

static void what_could_bring_too_much_is_not_left_over(void **state)
{
    struct uuid sell = order_id(CEA, 1);
    room_e8 = PRICE_E8 - 1; /* one is left, at this price */
    const struct order_entered *entered = closed(close_position(*state, 2 * E8, &sell, 1));
    room_e8 = 1000 * E8;
    assert_int_equal(entered->order.status, ORDER_STATUS_CANCELED);
    assert_int_equal(entered->order.end_reason, END_REASON_IOC_REMAINDER);
}

static void without_any_price_the_rest_is_canceled(void **state)
{
    struct venue *venue = *state;
    venue_cancel(venue, order_id(CEA, 2), 2, ROLE_USER);
    struct uuid sell = order_id(CEA, 1);
    const struct order_entered *entered = closed(close_position(venue, E8, &sell, 1));
    assert_int_equal(entered->order.status, ORDER_STATUS_CANCELED);
    assert_int_equal(entered->order.end_reason, END_REASON_NO_LIQUIDITY);
    assert_int_equal(entered->ended_count, 1);
}

static void own_bids_give_way(void **state)
{
    struct venue *venue = *state;
    venue_place(venue,
                &(struct wish){.number = 3, .account = 1, .price_e8 = 11 * E8, .quantity_e8 = E8});
    const struct order_entered *entered = closed(close_position(venue, E8, NULL, 0));
    assert_int_equal(entered->ended_count, 1);
    assert_true(uuid_equal(entered->ended[0].order_id, order_id(CEA, 3)));
    assert_int_equal(entered->order.filled_quantity_e8, E8);
}

static void sells_that_are_gone_are_not_sold_again(void **state)
{
    struct venue *venue = *state;
    struct uuid sells[] = {order_id(CEA, 1), order_id(CEA, 2), order_id(CEA, 77)};
    venue_cancel(venue, sells[0], 1, ROLE_USER);
    const struct event *event = close_position(venue, 0, sells, 3);
    assert_int_equal(event->kind, EVENT_ORDER_REFUSED);
    assert_true(text_is(event->order_refused.code, "INSUFFICIENT_BALANCE"));
}

static void a_halted_instrument_closes_nothing(void **state)
{
    struct venue *venue = *state;
    venue_change_status(venue, INSTRUMENT_STATUS_HALTED);
    struct uuid sell = order_id(CEA, 1);
    const struct event *event = close_position(venue, E8, &sell, 1);
    assert_int_equal(event->kind, EVENT_ORDER_REFUSED);
    assert_true(text_is(event->order_refused.code, "INSTRUMENT_HALTED"));
    assert_int_equal(venue_order(venue, 1)->status, ORDER_STATUS_OPEN);
}

#define VENUE_TEST(test) cmocka_unit_test_setup_teardown(test, open_venue, close_venue)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VENUE_TEST(sells_end_and_hold_and_rest_are_sold),
        VENUE_TEST(a_pair_is_sold_once),
        VENUE_TEST(only_sells_may_be_left),
        VENUE_TEST(what_is_left_over_stays_at_the_last_price),
        VENUE_TEST(what_could_bring_too_much_is_not_left_over),
        VENUE_TEST(without_any_price_the_rest_is_canceled),
        VENUE_TEST(own_bids_give_way),
        VENUE_TEST(sells_that_are_gone_are_not_sold_again),
        VENUE_TEST(a_halted_instrument_closes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
