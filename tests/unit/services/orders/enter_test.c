/* Orders that come to their book: what refuses them, what they trade, how they stand. */
#include "venue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PRICE_E8 (10 * E8)

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

static void expect_refused(const struct event *event, const char *code, const char *field)
{
    assert_int_equal(event->kind, EVENT_ORDER_REFUSED);
    const struct order_refused *refused = &event->order_refused;
    assert_true(text_is(refused->code, code));
    assert_int_equal(refused->has_field, field != NULL);
    assert_true(field == NULL || text_is(refused->field, field));
    assert_true(refused->message.size > 0);
    assert_int_equal(refused->order.status, ORDER_STATUS_REJECTED);
    assert_int_equal(refused->order.lifecycle, LIFECYCLE_CLOSED);
    assert_int_equal(refused->order.filled_quantity_e8, 0);
    assert_true(event_touches(event, SERVICE_ACCOUNTS, 0));
}

static const struct order_entered *entered(const struct event *event)
{
    assert_int_equal(event->kind, EVENT_ORDER_ENTERED);
    return &event->order_entered;
}

static void expect_ended(const struct order *order, enum order_status status,
                         enum end_reason reason)
{
    assert_int_equal(order->status, status);
    assert_true(order->has_end_reason);
    assert_int_equal(order->end_reason, reason);
}

static void sell(struct venue *venue, uint32_t number, uint32_t account, int64_t price_e8,
                 int64_t quantity_e8)
{
    const struct event *event = venue_place(venue, &(struct wish){.number = number,
                                                                  .account = account,
                                                                  .side = SIDE_SELL,
                                                                  .price_e8 = price_e8,
                                                                  .quantity_e8 = quantity_e8});
    assert_int_equal(entered(event)->order.status, ORDER_STATUS_OPEN);
}

/* Sets any of the rules of CEA-EUR. */
static void change(struct venue *venue, int64_t band_percent_e8, int64_t mark_price_e8)
{
    struct command command = command_by(COMMAND_CHANGE_INSTRUMENT, ROLE_ADMIN);
    struct change_instrument *rules = &command.change_instrument;
    rules->symbol = TEXT(CEA);
    rules->has_price_band_percent_e8 = true;
    rules->price_band_percent_e8 = band_percent_e8;
    rules->has_mark_price_e8 = mark_price_e8 != 0;
    rules->mark_price_e8 = mark_price_e8;
    assert_int_equal(venue_command(venue, &command)->kind, EVENT_INSTRUMENT_CHANGED);
}

static void a_limit_order_rests_and_touches_its_account(void **state)
{
    struct venue *venue = *state;

    const struct event *event = venue_place(
        venue, &(struct wish){.number = 1, .price_e8 = PRICE_E8, .quantity_e8 = 5 * E8});

    const struct order *order = &entered(event)->order;
    assert_int_equal(order->status, ORDER_STATUS_OPEN);
    assert_int_equal(order->lifecycle, LIFECYCLE_SUBMITTED);
    assert_int_equal(order->remaining_quantity_e8, 5 * E8);
    assert_false(order->has_end_reason);
    assert_false(order->has_average_fill_price_e8);
    assert_false(event->order_entered.has_last_price_e8);
    assert_true(text_is(event->key, CEA));
    assert_true(event_touches(event, SERVICE_ACCOUNTS, 0));
    assert_true(text_is(venue_order(venue, 1)->client_order_id, "mine"));
}

/* 10 percent around 10: what lies beyond is not for an order that named no price. */
static void a_market_order_trades_no_further_than_the_band(void **state)
{
    struct venue *venue = *state;
    change(venue, 10 * E8, 10 * E8);
    sell(venue, 1, 1, 11 * E8, E8);
    change(venue, 20 * E8, 10 * E8);
    sell(venue, 2, 1, 12 * E8, E8);
    change(venue, 10 * E8, 10 * E8);
    const struct wish buy = {.number = 3,
                             .account = 2,
                             .type = ORDER_TYPE_MARKET,
                             .time_in_force = TIME_IN_FORCE_IOC,
                             .quantity_e8 = 2 * E8,
                             .max_notional_e8 = 100 * E8};

    const struct order_entered *event = entered(venue_place(venue, &buy));

    assert_int_equal(event->fills_count, 1);
    assert_int_equal(event->fills[0].price_e8, 11 * E8);
    expect_ended(&event->order, ORDER_STATUS_CANCELED, END_REASON_IOC_REMAINDER);
}

static void a_market_order_finds_nothing_where_all_lies_beyond_the_band(void **state)
{
    struct venue *venue = *state;
    (void)venue_place(venue, &(struct wish){.number = 1, .price_e8 = 8 * E8});
    change(venue, 10 * E8, 10 * E8);
    struct wish sale = {.number = 2,
                        .account = 2,
                        .side = SIDE_SELL,
                        .type = ORDER_TYPE_MARKET,
                        .time_in_force = TIME_IN_FORCE_IOC};
    expect_ended(&entered(venue_place(venue, &sale))->order, ORDER_STATUS_CANCELED,
                 END_REASON_NO_LIQUIDITY);
    change(venue, 100 * E8, 10 * E8); /* a sale may then be had for nothing */
    sale.number = 3;
    expect_ended(&entered(venue_place(venue, &sale))->order, ORDER_STATUS_FILLED,
                 END_REASON_FILLED);
}

static void an_order_expires_behind_its_time_and_not_at_it(void **state)
{
    struct venue *venue = *state;
    struct wish wish = {.number = 1, .price_e8 = PRICE_E8, .valid_until_us = NOON_US};
    entered(venue_place(venue, &wish));
    wish.number = 2;
    wish.valid_until_us = NOON_US - 1;
    expect_refused(venue_place(venue, &wish), "COMMAND_EXPIRED", NULL);
}

static void an_order_needs_an_open_instrument(void **state)
{
    struct venue *venue = *state;
    static const enum instrument_status CLOSED[] = {
        INSTRUMENT_STATUS_HALTED, INSTRUMENT_STATUS_CANCEL_ONLY, INSTRUMENT_STATUS_CLOSED};
    uint32_t number = 1;
    for (size_t i = 0; i < COUNT_OF(CLOSED); i++) {
        venue_change_status(venue, CLOSED[i]);
        expect_refused(venue_place(venue, &(struct wish){.number = number++, .price_e8 = PRICE_E8}),
                       "INSTRUMENT_HALTED", "instrument");
    }
    venue_change_status(venue, INSTRUMENT_STATUS_OPEN);
    entered(venue_place(venue, &(struct wish){.number = number, .price_e8 = PRICE_E8}));
    expect_refused(venue_place(venue, &(struct wish){.number = 1, .instrument = "XYZ-EUR"}),
                   "INSTRUMENT_UNKNOWN", "instrument");
}

static void an_id_is_used_once_and_carries_its_instrument(void **state)
{
    struct venue *venue = *state;
    struct wish wish = {.number = 1, .price_e8 = PRICE_E8};
    entered(venue_place(venue, &wish));
    expect_refused(venue_place(venue, &wish), "VALIDATION_FAILED", "id");
    assert_int_equal(venue_order(venue, 1)->status, ORDER_STATUS_OPEN);

    struct event event = {.kind = EVENT_ORDER_AUTHORIZED};
    event.order_authorized.order = *venue_order(venue, 1);
    event.order_authorized.order.id = order_id("EUA-EUR", 7);
    expect_refused(venue_follow(venue, &event), "VALIDATION_FAILED", "id");
}

static void price_and_quantity_fit_tick_lot_and_range(void **state)
{
    struct venue *venue = *state;
    const struct {
        int64_t price_e8, quantity_e8;
        const char *code, *field;
    } cases[] = {
        {E8 / 100, E8, NULL, NULL},
        {E8 / 100 - 1, E8, "TICK_SIZE", "limit_price"},
        {E8 / 100 + 1, E8, "TICK_SIZE", "limit_price"},
        {-E8, E8, "TICK_SIZE", "limit_price"},
        {PRICE_E8, E8 + 1, "LOT_SIZE", "quantity"},
        {PRICE_E8, -E8, "QUANTITY_RANGE", "quantity"},
        {PRICE_E8, 1000000 * E8, NULL, NULL},
        {PRICE_E8, 1000001 * E8, "QUANTITY_RANGE", "quantity"},
        {46116 * E8, 1000000 * E8, NULL, NULL},
        {46117 * E8, 1000000 * E8, "AMOUNT_RANGE", "quantity"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct event *event =
            venue_place(venue, &(struct wish){.number = (uint32_t)i + 1,
                                              .price_e8 = cases[i].price_e8,
                                              .quantity_e8 = cases[i].quantity_e8});
        if (cases[i].code == NULL)
            entered(event);
        else
            expect_refused(event, cases[i].code, cases[i].field);
    }
    struct event event = {.kind = EVENT_ORDER_AUTHORIZED};
    event.order_authorized.order = *venue_order(venue, 1);
    event.order_authorized.order.id = order_id(CEA, 99);
    event.order_authorized.order.has_limit_price_e8 = false;
    expect_refused(venue_follow(venue, &event), "VALIDATION_FAILED", "limit_price");
}

static void the_price_band_holds_around_the_last_price_or_the_mark(void **state)
{
    struct venue *venue = *state;
    change(venue, 10 * E8, 0);
    /* No price to measure from: nothing is refused. */
    sell(venue, 1, 1, 1000 * E8, E8);
    sell(venue, 2, 1, PRICE_E8, E8);
    entered(venue_place(venue, &(struct wish){.number = 3, .account = 2, .price_e8 = PRICE_E8}));

    entered(venue_place(venue, &(struct wish){.number = 4, .account = 2, .price_e8 = 9 * E8}));
    expect_refused(venue_place(venue, &(struct wish){.number = 5, .price_e8 = 9 * E8 - E8 / 100}),
                   "PRICE_BAND", "limit_price");
    sell(venue, 6, 1, 11 * E8, E8);
    expect_refused(
        venue_place(venue,
                    &(struct wish){.number = 7, .side = SIDE_SELL, .price_e8 = 11 * E8 + E8 / 100}),
        "PRICE_BAND", "limit_price");
    change(venue, 10 * E8, 20 * E8);
    sell(venue, 8, 1, 22 * E8, E8);
    expect_refused(venue_place(venue, &(struct wish){.number = 9, .price_e8 = PRICE_E8}),
                   "PRICE_BAND", "limit_price");
}

static void post_only_and_fill_or_kill_are_refused_where_they_must_be(void **state)
{
    struct venue *venue = *state;
    sell(venue, 1, 1, PRICE_E8, 5 * E8);
    struct wish post = {.number = 2, .account = 2, .post_only = true, .price_e8 = PRICE_E8};
    expect_refused(venue_place(venue, &post), "POST_ONLY_WOULD_TRADE", "post_only");
    post.number = 3;
    post.price_e8 -= E8 / 100;
    entered(venue_place(venue, &post));

    struct wish kill = {.number = 4,
                        .account = 2,
                        .time_in_force = TIME_IN_FORCE_FOK,
                        .price_e8 = PRICE_E8,
                        .quantity_e8 = 6 * E8};
    expect_refused(venue_place(venue, &kill), "FOK_NOT_FILLABLE", "quantity");
    kill.number = 5;
    kill.quantity_e8 = 5 * E8;
    expect_ended(&entered(venue_place(venue, &kill))->order, ORDER_STATUS_FILLED,
                 END_REASON_FILLED);
}

static void a_buy_sweeps_by_price_then_time_and_the_rest_of_it_rests(void **state)
{
    struct venue *venue = *state;
    sell(venue, 1, 1, PRICE_E8 + E8, 2 * E8);
    sell(venue, 2, 2, PRICE_E8, E8);
    sell(venue, 3, 3, PRICE_E8, 2 * E8);
    venue->now_us += 1;

    const struct event *event = venue_place(
        venue,
        &(struct wish){.number = 4, .account = 4, .price_e8 = PRICE_E8, .quantity_e8 = 4 * E8});

    const struct order_entered *sweep = entered(event);
    assert_int_equal(sweep->fills_count, 2);
    assert_true(uuid_equal(sweep->resting[0].order_id, order_id(CEA, 2)));
    assert_true(uuid_equal(sweep->resting[1].order_id, order_id(CEA, 3)));
    assert_int_equal(sweep->resting[1].status, ORDER_STATUS_FILLED);
    assert_int_equal(sweep->resting[1].lifecycle, LIFECYCLE_EXECUTED);
    assert_false(uuid_equal(sweep->fills[0].trade_id, sweep->fills[1].trade_id));
    assert_int_equal(uuid_owner_hash(sweep->fills[1].trade_id), uuid_owner_hash(order_id(CEA, 1)));
    assert_int_equal(sweep->order.status, ORDER_STATUS_PARTIALLY_FILLED);
    assert_int_equal(sweep->order.lifecycle, LIFECYCLE_SUBMITTED);
    assert_int_equal(sweep->order.filled_quantity_e8, 3 * E8);
    assert_int_equal(sweep->order.remaining_quantity_e8, E8);
    assert_int_equal(sweep->order.filled_notional_e8, 30 * E8);
    assert_int_equal(sweep->order.average_fill_price_e8, PRICE_E8);
    assert_int_equal(sweep->last_price_e8, PRICE_E8);
    assert_int_equal(venue_order(venue, 3)->end_reason, END_REASON_FILLED);
    assert_int_equal(venue_order(venue, 3)->updated_at, NOON_US + 1);
    assert_int_equal(venue_order(venue, 1)->status, ORDER_STATUS_OPEN);
}

static void what_may_not_rest_is_canceled_and_says_why(void **state)
{
    struct venue *venue = *state;
    struct wish market = {
        .number = 1, .account = 2, .type = ORDER_TYPE_MARKET, .quantity_e8 = 3 * E8};
    const struct order *order = &entered(venue_place(venue, &market))->order;
    expect_ended(order, ORDER_STATUS_CANCELED, END_REASON_NO_LIQUIDITY);
    assert_int_equal(order->lifecycle, LIFECYCLE_CLOSED);

    sell(venue, 2, 1, PRICE_E8, E8);
    market.number = 3;
    order = &entered(venue_place(venue, &market))->order;
    expect_ended(order, ORDER_STATUS_CANCELED, END_REASON_IOC_REMAINDER);
    assert_int_equal(order->lifecycle, LIFECYCLE_EXECUTED);
    assert_int_equal(order->filled_quantity_e8, E8);
    assert_int_equal(order->remaining_quantity_e8, 2 * E8);

    struct wish limit = {.number = 4, .time_in_force = TIME_IN_FORCE_IOC, .price_e8 = PRICE_E8};
    expect_ended(&entered(venue_place(venue, &limit))->order, ORDER_STATUS_CANCELED,
                 END_REASON_IOC_REMAINDER);

    sell(venue, 5, 1, PRICE_E8, 3 * E8);
    market.number = 6;
    market.max_notional_e8 = 3 * PRICE_E8 - 1;
    order = &entered(venue_place(venue, &market))->order;
    expect_ended(order, ORDER_STATUS_CANCELED, END_REASON_IOC_REMAINDER);
    assert_int_equal(order->filled_quantity_e8, 2 * E8);
}

static void each_self_trade_mode_says_what_it_prevented(void **state)
{
    struct venue *venue = *state;
    struct wish buy = {.number = 2, .account = 1, .price_e8 = PRICE_E8, .quantity_e8 = 2 * E8};
    sell(venue, 1, 1, PRICE_E8, 3 * E8);

    buy.self_trade = SELF_TRADE_CANCEL_INCOMING;
    const struct order_entered *event = entered(venue_place(venue, &buy));
    expect_ended(&event->order, ORDER_STATUS_CANCELED, END_REASON_SELF_TRADE);
    assert_int_equal(event->prevented_count, 1);
    assert_int_equal(event->prevented[0].remaining_quantity_e8, 3 * E8);
    assert_int_equal(event->ended_count, 0);

    buy.number = 3;
    buy.self_trade = SELF_TRADE_DECREMENT;
    event = entered(venue_place(venue, &buy));
    expect_ended(&event->order, ORDER_STATUS_CANCELED, END_REASON_SELF_TRADE);
    assert_int_equal(event->order.remaining_quantity_e8, 0);
    assert_int_equal(event->prevented[0].prevented_quantity_e8, 2 * E8);
    assert_int_equal(event->prevented[0].remaining_quantity_e8, E8);
    assert_int_equal(event->ended_count, 0);
    assert_int_equal(venue_order(venue, 1)->remaining_quantity_e8, E8);

    buy.number = 4;
    event = entered(venue_place(venue, &buy));
    assert_int_equal(event->order.status, ORDER_STATUS_OPEN);
    assert_int_equal(event->order.remaining_quantity_e8, E8);
    assert_int_equal(event->ended_count, 1);
    assert_int_equal(event->ended[0].remaining_quantity_e8, 0);
    expect_ended(venue_order(venue, 1), ORDER_STATUS_CANCELED, END_REASON_SELF_TRADE);

    struct wish own = {.number = 5, .account = 1, .side = SIDE_SELL, .price_e8 = PRICE_E8};
    event = entered(venue_place(venue, &own)); /* cancel_resting */
    assert_int_equal(event->order.status, ORDER_STATUS_OPEN);
    assert_int_equal(event->ended_count, 1);
    expect_ended(venue_order(venue, 4), ORDER_STATUS_CANCELED, END_REASON_SELF_TRADE);

    buy.number = 6;
    buy.self_trade = SELF_TRADE_CANCEL_BOTH;
    event = entered(venue_place(venue, &buy));
    expect_ended(&event->order, ORDER_STATUS_CANCELED, END_REASON_SELF_TRADE);
    expect_ended(venue_order(venue, 5), ORDER_STATUS_CANCELED, END_REASON_SELF_TRADE);
    assert_int_equal(event->ended[0].remaining_quantity_e8, E8);
}

/* 10.05 at 25 bps are 2.5125 cents a piece: rounded one by one, four would cost 12; together 10. */
static void fees_are_rounded_on_everything_filled_so_far(void **state)
{
    struct venue *venue = *state;
    const int64_t price_e8 = 1005 * (E8 / 100);
    const int64_t cent_e8 = E8 / 100;
    venue_place(venue, &(struct wish){.number = 1,
                                      .account = 1,
                                      .side = SIDE_SELL,
                                      .price_e8 = price_e8,
                                      .quantity_e8 = 4 * E8,
                                      .maker_fee_bps = 25,
                                      .taker_fee_bps = 9999});
    int64_t fees_e8[4];
    for (uint32_t i = 0; i < 4; i++) {
        const struct event *event = venue_place(
            venue, &(struct wish){
                       .number = 2 + i, .account = 2, .price_e8 = price_e8, .taker_fee_bps = 50});
        fees_e8[i] = entered(event)->resting[0].fee_e8;
        assert_int_equal(event->order_entered.fills[0].fee_e8, 5 * cent_e8);
    }
    /* 2.51, 5.03, 7.54, 10.05 */
    assert_int_equal(fees_e8[0], 3 * cent_e8);
    assert_int_equal(fees_e8[1], 2 * cent_e8);
    assert_int_equal(fees_e8[2], 3 * cent_e8);
    assert_int_equal(fees_e8[3], 2 * cent_e8);
    assert_int_equal(venue_order(venue, 1)->fees_e8, 10 * cent_e8);
}

static void a_fill_too_many_ends_the_order(void **state)
{
    struct venue *venue = *state;
    for (uint32_t i = 1; i <= ORDERS_FILLS_MAX + 1; i++)
        sell(venue, i, 1, PRICE_E8, E8);
    const struct order_entered *event =
        entered(venue_place(venue, &(struct wish){.number = ORDERS_FILLS_MAX + 2,
                                                  .account = 2,
                                                  .price_e8 = PRICE_E8,
                                                  .quantity_e8 = (ORDERS_FILLS_MAX + 1) * E8}));
    assert_int_equal(event->fills_count, ORDERS_FILLS_MAX);
    expect_ended(&event->order, ORDER_STATUS_CANCELED, END_REASON_FILL_LIMIT);
    assert_int_equal(event->order.remaining_quantity_e8, E8);
}

static void so_does_a_fill_too_many_of_guarded_orders(void **state)
{
    struct venue *venue = *state;
    const uint32_t most = ORDERS_FILLS_MAX * 2 / 3;
    for (uint32_t i = 1; i <= most + 1; i++)
        venue_place(venue, &(struct wish){.number = i,
                                          .price_e8 = PRICE_E8,
                                          .quantity_e8 = E8,
                                          .stop_loss_price_e8 = PRICE_E8 / 2});
    const struct order_entered *event =
        entered(venue_place(venue, &(struct wish){.number = most + 2,
                                                  .account = 2,
                                                  .side = SIDE_SELL,
                                                  .price_e8 = PRICE_E8,
                                                  .quantity_e8 = (most + 1) * E8}));
    assert_int_equal(event->fills_count, most);
    expect_ended(&event->order, ORDER_STATUS_CANCELED, END_REASON_FILL_LIMIT);
}

static void so_does_a_self_trade_too_many(void **state)
{
    struct venue *venue = *state;
    for (uint32_t i = 1; i <= ORDERS_PREVENTED_MAX + 1; i++)
        sell(venue, i, 1, PRICE_E8, E8);
    const struct order_entered *event =
        entered(venue_place(venue, &(struct wish){.number = ORDERS_PREVENTED_MAX + 2,
                                                  .account = 1,
                                                  .price_e8 = PRICE_E8,
                                                  .quantity_e8 = (ORDERS_PREVENTED_MAX + 1) * E8}));
    assert_int_equal(event->prevented_count, ORDERS_PREVENTED_MAX);
    expect_ended(&event->order, ORDER_STATUS_CANCELED, END_REASON_FILL_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_venue, close_venue)
        TEST(a_limit_order_rests_and_touches_its_account),
        TEST(a_market_order_trades_no_further_than_the_band),
        TEST(a_market_order_finds_nothing_where_all_lies_beyond_the_band),
        TEST(an_order_expires_behind_its_time_and_not_at_it),
        TEST(an_order_needs_an_open_instrument),
        TEST(an_id_is_used_once_and_carries_its_instrument),
        TEST(price_and_quantity_fit_tick_lot_and_range),
        TEST(the_price_band_holds_around_the_last_price_or_the_mark),
        TEST(post_only_and_fill_or_kill_are_refused_where_they_must_be),
        TEST(a_buy_sweeps_by_price_then_time_and_the_rest_of_it_rests),
        TEST(what_may_not_rest_is_canceled_and_says_why),
        TEST(each_self_trade_mode_says_what_it_prevented),
        TEST(fees_are_rounded_on_everything_filled_so_far),
        TEST(a_fill_too_many_ends_the_order),
        TEST(so_does_a_fill_too_many_of_guarded_orders),
        TEST(so_does_a_self_trade_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
