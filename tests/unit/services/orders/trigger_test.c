/* Orders that wait for a price. */
#include "venue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define CENT (E8 / 100)

/* Accounts: who makes the market, and who waits. */
enum { MAKER = 9, OWNER = 1, TAKER = 5 };

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

static const struct order_entered *entered(const struct event *event)
{
    assert_non_null(event);
    assert_int_equal(event->kind, EVENT_ORDER_ENTERED);
    return &event->order_entered;
}

static const struct order *rest(struct venue *venue, uint32_t number, enum side side,
                                int64_t price_e8, int64_t quantity_e8)
{
    return &entered(venue_place(venue, &(struct wish){.number = number,
                                                      .account = MAKER,
                                                      .side = side,
                                                      .price_e8 = price_e8,
                                                      .quantity_e8 = quantity_e8}))
                ->order;
}

/* A trade of one lot between two others sets the last price. */
static void trade_at(struct venue *venue, int64_t price_e8)
{
    static uint32_t number = 1000;
    rest(venue, ++number, SIDE_SELL, price_e8, E8);
    const struct order_entered *taken =
        entered(venue_place(venue, &(struct wish){.number = ++number,
                                                  .account = TAKER,
                                                  .side = SIDE_BUY,
                                                  .price_e8 = price_e8,
                                                  .quantity_e8 = E8}));
    assert_int_equal(taken->fills_count, 1);
}

static struct wish stop_sell(uint32_t number, int64_t stop_price_e8)
{
    return (struct wish){.number = number,
                         .account = OWNER,
                         .side = SIDE_SELL,
                         .type = ORDER_TYPE_STOP,
                         .quantity_e8 = E8,
                         .stop_price_e8 = stop_price_e8};
}

static const struct order *wait_for(struct venue *venue, const struct wish *wish)
{
    const struct order *order = &entered(venue_place(venue, wish))->order;
    assert_int_equal(order->status, ORDER_STATUS_PENDING);
    assert_int_equal(order->lifecycle, LIFECYCLE_PENDING);
    assert_int_equal(order->trigger, TRIGGER_STATE_WAITING);
    return order;
}

/* The next that is due is this order, fired. */
static const struct order_entered *fires(struct venue *venue, uint32_t number)
{
    const struct order_entered *fired = entered(venue_time(venue));
    assert_int_equal(fired->entry, ORDER_ENTRY_TRIGGERED);
    assert_int_equal(fired->order.trigger, TRIGGER_STATE_FIRED);
    assert_true(uuid_equal(fired->order.id, order_id(CEA, number)));
    return fired;
}

static void a_stop_waits_in_no_book_and_touches_its_account(void **state)
{
    struct venue *venue = *state;
    struct wish wish = stop_sell(1, 9 * E8);
    wait_for(venue, &wish);
    assert_true(event_touches(&venue->event, SERVICE_ACCOUNTS, 0));
    assert_int_equal(book_orders_count(orders_instrument(venue->state, TEXT(CEA))->book), 0);
    assert_null(venue_time(venue)); /* no price yet: it waits */
}

static void a_trigger_tells_who_placed_it_and_which_trade_crossed_it(void **state)
{
    struct venue *venue = *state;
    rest(venue, 1, SIDE_BUY, 8 * E8, 5 * E8);
    struct wish stop = stop_sell(2, 9 * E8), other = stop_sell(3, 7 * E8);
    wait_for(venue, &stop);
    wait_for(venue, &other);
    trade_at(venue, 9 * E8);
    struct uuid trade_id = venue->event.order_entered.fills[0].trade_id;
    const struct order_entered *fired = fires(venue, 2);
    assert_true(fired->has_crossed_by && uuid_equal(fired->crossed_by, trade_id));
    assert_true(venue->event.meta.has_correlation_id);
    assert_true(uuid_equal(venue->event.meta.correlation_id, order_id(CEA, 2)));
    venue_mark(venue, 7 * E8);
    assert_false(fires(venue, 3)->has_crossed_by);
    assert_true(uuid_equal(venue->event.meta.correlation_id, order_id(CEA, 3)));
}

static void a_stop_fires_at_its_price_and_not_before(void **state)
{
    struct venue *venue = *state;
    rest(venue, 1, SIDE_BUY, 8 * E8, 5 * E8);
    trade_at(venue, 10 * E8);
    struct wish wish = stop_sell(2, 9 * E8);
    wait_for(venue, &wish);
    trade_at(venue, 9 * E8 + CENT);
    assert_null(venue_time(venue));
    trade_at(venue, 9 * E8);
    const struct order_entered *fired = fires(venue, 2);
    assert_int_equal(fired->order.status, ORDER_STATUS_FILLED);
    assert_int_equal(fired->fills_count, 1);
    assert_int_equal(fired->fills[0].price_e8, 8 * E8);
    assert_true(event_touches(&venue->event, SERVICE_ACCOUNTS, 0));
    assert_null(venue_time(venue));
}

static void each_type_and_side_fires_the_way_it_should(void **state)
{
    struct venue *venue = *state;
    static const struct {
        enum side side;
        enum order_type type;
        bool rising;
    } CASES[] = {
        {SIDE_BUY, ORDER_TYPE_STOP, true},         {SIDE_SELL, ORDER_TYPE_STOP, false},
        {SIDE_BUY, ORDER_TYPE_STOP_LIMIT, true},   {SIDE_SELL, ORDER_TYPE_STOP_LIMIT, false},
        {SIDE_BUY, ORDER_TYPE_TAKE_PROFIT, false}, {SIDE_SELL, ORDER_TYPE_TAKE_PROFIT, true}};
    venue_mark(venue, 10 * E8);
    for (uint32_t i = 0; i < COUNT_OF(CASES); i++) {
        int64_t stop_e8 = CASES[i].rising ? 11 * E8 : 9 * E8;
        struct wish wish = {.number = i + 1,
                            .account = OWNER,
                            .side = CASES[i].side,
                            .type = CASES[i].type,
                            .max_notional_e8 = 20 * E8,
                            .price_e8 = CASES[i].type == ORDER_TYPE_STOP_LIMIT ? stop_e8 : 0,
                            .stop_price_e8 = stop_e8};
        wait_for(venue, &wish);
        venue_mark(venue, stop_e8 + (CASES[i].rising ? -CENT : CENT));
        assert_null(venue_time(venue));
        venue_mark(venue, stop_e8);
        fires(venue, i + 1);
        assert_null(venue_time(venue));
        venue_mark(venue, 10 * E8);
        (void)venue_cancel(venue, order_id(CEA, i + 1), OWNER, ROLE_USER);
    }
}

static void a_stop_that_is_crossed_as_it_comes_fires_at_once(void **state)
{
    struct venue *venue = *state;
    rest(venue, 1, SIDE_BUY, 8 * E8, 5 * E8);
    trade_at(venue, 10 * E8);
    struct wish wish = stop_sell(2, 10 * E8);
    const struct order_entered *met = entered(venue_place(venue, &wish));
    assert_int_equal(met->entry, ORDER_ENTRY_PLACED);
    assert_int_equal(met->order.trigger, TRIGGER_STATE_FIRED);
    assert_int_equal(met->order.type, ORDER_TYPE_STOP);
    assert_int_equal(met->order.status, ORDER_STATUS_FILLED);
}

static void a_fired_stop_without_anybody_to_trade_with_ends(void **state)
{
    struct venue *venue = *state;
    trade_at(venue, 10 * E8);
    struct wish wish = stop_sell(1, 9 * E8);
    wait_for(venue, &wish);
    trade_at(venue, 9 * E8);
    const struct order *order = &fires(venue, 1)->order;
    assert_int_equal(order->status, ORDER_STATUS_CANCELED);
    assert_int_equal(order->end_reason, END_REASON_NO_LIQUIDITY);
    assert_int_equal(venue_order(venue, 1)->status, ORDER_STATUS_CANCELED);
}

static void what_a_fired_stop_cannot_sell_is_canceled(void **state)
{
    struct venue *venue = *state;
    rest(venue, 1, SIDE_BUY, 8 * E8, E8);
    trade_at(venue, 10 * E8);
    struct wish wish = stop_sell(2, 9 * E8);
    wish.quantity_e8 = 3 * E8;
    wait_for(venue, &wish);
    trade_at(venue, 9 * E8);
    const struct order *order = &fires(venue, 2)->order;
    assert_int_equal(order->filled_quantity_e8, E8);
    assert_int_equal(order->end_reason, END_REASON_IOC_REMAINDER);
}

static void a_fired_stop_limit_rests_with_what_it_does_not_trade(void **state)
{
    struct venue *venue = *state;
    rest(venue, 1, SIDE_BUY, 9 * E8, E8);
    trade_at(venue, 10 * E8);
    struct wish wish = stop_sell(2, 9 * E8);
    wish.type = ORDER_TYPE_STOP_LIMIT;
    wish.price_e8 = 9 * E8;
    wish.quantity_e8 = 3 * E8;
    wait_for(venue, &wish);
    venue_place(venue, &(struct wish){.number = 3,
                                      .account = TAKER,
                                      .side = SIDE_SELL,
                                      .type = ORDER_TYPE_MARKET,
                                      .quantity_e8 = E8});
    rest(venue, 4, SIDE_BUY, 9 * E8, E8);
    const struct order *order = &fires(venue, 2)->order;
    assert_int_equal(order->status, ORDER_STATUS_PARTIALLY_FILLED);
    assert_int_equal(order->lifecycle, LIFECYCLE_SUBMITTED);
    struct book_level best;
    assert_true(book_best(orders_instrument(venue->state, TEXT(CEA))->book, SIDE_SELL, &best));
    assert_int_equal(best.quantity_e8, 2 * E8);
    const struct order_entered *taken = entered(venue_place(
        venue,
        &(struct wish){.number = 5, .account = TAKER, .price_e8 = 9 * E8, .quantity_e8 = 2 * E8}));
    assert_int_equal(taken->resting[0].filled_quantity_e8, 3 * E8);
}

static void triggers_fire_by_price_then_by_who_came_first(void **state)
{
    struct venue *venue = *state;
    venue_mark(venue, 10 * E8);
    static const int64_t STOPS[] = {8 * E8, 9 * E8, 9 * E8, 7 * E8, 9 * E8 + CENT};
    for (uint32_t i = 0; i < COUNT_OF(STOPS); i++) {
        struct wish wish = stop_sell(i + 1, STOPS[i]);
        wait_for(venue, &wish);
    }
    venue_mark(venue, 8 * E8);
    fires(venue, 5);
    fires(venue, 2);
    fires(venue, 3);
    fires(venue, 1);
    assert_null(venue_time(venue));
}

/* What the first of them does to the price comes behind what was crossed before. */
static void a_cascade_fires_in_the_order_of_crossing(void **state)
{
    struct venue *venue = *state;
    rest(venue, 1, SIDE_BUY, 7 * E8, E8);
    rest(venue, 2, SIDE_BUY, 6 * E8, 10 * E8);
    trade_at(venue, 10 * E8);
    struct wish first = stop_sell(3, 9 * E8), second = stop_sell(4, 9 * E8),
                later = stop_sell(5, 7 * E8), last = stop_sell(6, 6 * E8);
    wait_for(venue, &last);
    wait_for(venue, &later);
    wait_for(venue, &first);
    wait_for(venue, &second);
    trade_at(venue, 9 * E8);
    assert_int_equal(fires(venue, 3)->last_price_e8, 7 * E8);
    assert_int_equal(fires(venue, 4)->last_price_e8, 6 * E8);
    venue_check_replay(venue); /* in the middle of it */
    fires(venue, 5);
    fires(venue, 6);
    assert_null(venue_time(venue));
}

/* A trigger that was crossed fires, though the price has come back meanwhile. */
static void a_price_in_the_middle_of_a_sweep_crosses_too(void **state)
{
    struct venue *venue = *state;
    rest(venue, 1, SIDE_SELL, 11 * E8, E8);
    rest(venue, 2, SIDE_SELL, 12 * E8, E8);
    trade_at(venue, 10 * E8);
    struct wish wish = {.number = 3,
                        .account = OWNER,
                        .type = ORDER_TYPE_STOP,
                        .max_notional_e8 = 20 * E8,
                        .stop_price_e8 = 11 * E8};
    wait_for(venue, &wish);
    struct wish take = {.number = 4,
                        .account = OWNER,
                        .side = SIDE_SELL,
                        .type = ORDER_TYPE_TAKE_PROFIT,
                        .stop_price_e8 = 12 * E8};
    wait_for(venue, &take);
    venue_place(
        venue,
        &(struct wish){.number = 5, .account = TAKER, .price_e8 = 12 * E8, .quantity_e8 = 2 * E8});
    fires(venue, 3);
    fires(venue, 4);
    assert_null(venue_time(venue));
}

static void a_mark_counts_and_not_the_last_trade_where_one_is_fed_in(void **state)
{
    struct venue *venue = *state;
    venue_mark(venue, 10 * E8);
    struct wish wish = stop_sell(1, 9 * E8);
    wait_for(venue, &wish);
    trade_at(venue, 8 * E8);
    assert_null(venue_time(venue));
    venue_mark(venue, 9 * E8);
    fires(venue, 1);
}

static void triggers_wait_while_their_instrument_is_halted(void **state)
{
    struct venue *venue = *state;
    venue_mark(venue, 10 * E8);
    struct wish wish = stop_sell(1, 9 * E8);
    wait_for(venue, &wish);
    venue_change_status(venue, INSTRUMENT_STATUS_HALTED);
    venue_mark(venue, 9 * E8);
    assert_null(venue_time(venue));
    venue_check_replay(venue);
    venue_mark(venue, 10 * E8); /* it was crossed, whatever the price is now */
    venue_change_status(venue, INSTRUMENT_STATUS_OPEN);
    fires(venue, 1);
}

static void a_waiting_order_can_be_canceled_even_when_it_is_crossed(void **state)
{
    struct venue *venue = *state;
    venue_mark(venue, 10 * E8);
    struct wish first = stop_sell(1, 9 * E8), second = stop_sell(2, 9 * E8);
    wait_for(venue, &first);
    wait_for(venue, &second);
    const struct event *event = venue_cancel(venue, order_id(CEA, 1), OWNER, ROLE_USER);
    assert_int_equal(event->order_canceled.order.status, ORDER_STATUS_CANCELED);
    assert_int_equal(event->order_canceled.order.end_reason, END_REASON_CANCELED_BY_USER);
    assert_true(event_touches(event, SERVICE_ACCOUNTS, 0));
    venue_mark(venue, 9 * E8);
    event = venue_cancel(venue, order_id(CEA, 2), OWNER, ROLE_USER);
    assert_int_equal(event->kind, EVENT_ORDER_CANCELED);
    assert_null(venue_time(venue));
}

static void a_trailing_stop_follows_the_best_price_and_never_back(void **state)
{
    struct venue *venue = *state;
    struct wish wish = {.number = 1,
                        .account = OWNER,
                        .side = SIDE_SELL,
                        .type = ORDER_TYPE_TRAILING_STOP,
                        .trail_amount_e8 = E8};
    assert_false(wait_for(venue, &wish)->has_stop_price_e8); /* no price yet */
    venue_mark(venue, 10 * E8);
    assert_int_equal(venue_order(venue, 1)->stop_price_e8, 9 * E8);
    venue_mark(venue, 12 * E8);
    assert_int_equal(venue_order(venue, 1)->stop_price_e8, 11 * E8);
    venue_mark(venue, 11 * E8 + CENT);
    assert_int_equal(venue_order(venue, 1)->stop_price_e8, 11 * E8);
    assert_null(venue_time(venue));
    venue_check_replay(venue);
    venue_mark(venue, 11 * E8);
    fires(venue, 1);
}

static void a_trailing_buy_follows_the_price_down_by_a_percentage(void **state)
{
    struct venue *venue = *state;
    venue_mark(venue, 10 * E8);
    struct wish wish = {.number = 1,
                        .account = OWNER,
                        .type = ORDER_TYPE_TRAILING_STOP,
                        .max_notional_e8 = 20 * E8,
                        .trail_percent_e8 = 5 * E8};
    assert_int_equal(wait_for(venue, &wish)->stop_price_e8, 10 * E8 + 50 * CENT);
    venue_mark(venue, 8 * E8);
    assert_int_equal(venue_order(venue, 1)->stop_price_e8, 8 * E8 + 40 * CENT);
    venue_mark(venue, 8 * E8 + 39 * CENT);
    assert_null(venue_time(venue));
    venue_mark(venue, 8 * E8 + 40 * CENT);
    fires(venue, 1);
}

/* Somebody's order is the best of those that the price has passed, and of no other. */
static void trailing_stops_follow_what_each_has_seen(void **state)
{
    struct venue *venue = *state;
    for (uint32_t i = 1; i <= 3; i++) {
        venue_mark(venue, (13 - i) * E8);
        struct wish wish = {.number = i,
                            .account = OWNER,
                            .side = SIDE_SELL,
                            .type = ORDER_TYPE_TRAILING_STOP,
                            .trail_amount_e8 = 5 * E8};
        wait_for(venue, &wish);
    }
    venue_mark(venue, 11 * E8 + 50 * CENT);
    assert_int_equal(venue_order(venue, 1)->stop_price_e8, 7 * E8);
    assert_int_equal(venue_order(venue, 2)->stop_price_e8, 6 * E8 + 50 * CENT);
    assert_int_equal(venue_order(venue, 3)->stop_price_e8, 6 * E8 + 50 * CENT);
}

static void prices_of_triggers_are_on_the_tick(void **state)
{
    struct venue *venue = *state;
    struct wish stop = stop_sell(1, 9 * E8 + 1);
    struct wish trail = {.number = 2,
                         .side = SIDE_SELL,
                         .type = ORDER_TYPE_TRAILING_STOP,
                         .trail_amount_e8 = CENT / 2};
    const struct event *event = venue_place(venue, &stop);
    assert_true(text_is(event->order_refused.code, "TICK_SIZE"));
    assert_true(text_is(event->order_refused.field, "stop_price"));
    event = venue_place(venue, &trail);
    assert_true(text_is(event->order_refused.code, "TICK_SIZE"));
    assert_true(text_is(event->order_refused.field, "trail_amount"));
}

/* The limit of a stop is held against its stop price, near which the market will be. */
static void the_band_of_a_stop_limit_lies_around_its_stop_price(void **state)
{
    struct venue *venue = *state;
    struct command command = command_by(COMMAND_CHANGE_INSTRUMENT, ROLE_OPERATOR);
    command.change_instrument.symbol = TEXT(CEA);
    command.change_instrument.has_price_band_percent_e8 = true;
    command.change_instrument.price_band_percent_e8 = 10 * E8;
    venue_command(venue, &command);
    venue_mark(venue, 10 * E8);
    struct wish wish = stop_sell(1, 5 * E8);
    wish.type = ORDER_TYPE_STOP_LIMIT;
    wish.price_e8 = 5 * E8 - 50 * CENT;
    wait_for(venue, &wish);
    wish.number = 2;
    wish.price_e8 -= CENT;
    assert_true(text_is(venue_place(venue, &wish)->order_refused.code, "PRICE_BAND"));
}

static void tick_and_lot_do_not_change_under_orders_that_wait(void **state)
{
    struct venue *venue = *state;
    struct wish wish = stop_sell(1, 9 * E8);
    wait_for(venue, &wish);
    struct command command = command_by(COMMAND_CHANGE_INSTRUMENT, ROLE_OPERATOR);
    command.change_instrument.symbol = TEXT(CEA);
    command.change_instrument.has_lot_size_e8 = true;
    command.change_instrument.lot_size_e8 = 2 * E8;
    assert_int_equal(venue_command(venue, &command)->kind, EVENT_COMMAND_REJECTED);
}

#define VENUE(test) cmocka_unit_test_setup_teardown(test, open_venue, close_venue)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VENUE(a_stop_waits_in_no_book_and_touches_its_account),
        VENUE(a_trigger_tells_who_placed_it_and_which_trade_crossed_it),
        VENUE(a_stop_fires_at_its_price_and_not_before),
        VENUE(each_type_and_side_fires_the_way_it_should),
        VENUE(a_stop_that_is_crossed_as_it_comes_fires_at_once),
        VENUE(a_fired_stop_without_anybody_to_trade_with_ends),
        VENUE(what_a_fired_stop_cannot_sell_is_canceled),
        VENUE(a_fired_stop_limit_rests_with_what_it_does_not_trade),
        VENUE(triggers_fire_by_price_then_by_who_came_first),
        VENUE(a_cascade_fires_in_the_order_of_crossing),
        VENUE(a_price_in_the_middle_of_a_sweep_crosses_too),
        VENUE(a_mark_counts_and_not_the_last_trade_where_one_is_fed_in),
        VENUE(triggers_wait_while_their_instrument_is_halted),
        VENUE(a_waiting_order_can_be_canceled_even_when_it_is_crossed),
        VENUE(a_trailing_stop_follows_the_best_price_and_never_back),
        VENUE(a_trailing_buy_follows_the_price_down_by_a_percentage),
        VENUE(trailing_stops_follow_what_each_has_seen),
        VENUE(prices_of_triggers_are_on_the_tick),
        VENUE(the_band_of_a_stop_limit_lies_around_its_stop_price),
        VENUE(tick_and_lot_do_not_change_under_orders_that_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
