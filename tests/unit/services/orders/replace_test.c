/* Orders that get other terms: what keeps a place, what loses it, and what refuses. */
#include "venue.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PRICE_E8 (10 * E8)

/* Account 1 buys 5 at 10.00 in order 1, and 1 in order 3 behind it; account 2 sells far away. */
static int open_venue(void **state)
{
    struct venue *venue = venue_open(1);
    *state = venue;
    for (uint32_t number = 1; number <= 3; number += 2)
        venue_place(venue, &(struct wish){.number = number,
                                          .account = 1,
                                          .price_e8 = PRICE_E8,
                                          .quantity_e8 = number == 1 ? 5 * E8 : E8,
                                          .maker_fee_bps = 10,
                                          .taker_fee_bps = 30});
    return 0;
}

static int close_venue(void **state)
{
    venue_check_replay(*state);
    venue_close(*state);
    return 0;
}

static const struct order_entered *replaced(const struct event *event)
{
    assert_int_equal(event->kind, EVENT_ORDER_ENTERED);
    assert_int_equal(event->order_entered.entry, ORDER_ENTRY_REPLACED);
    assert_true(event_touches(event, SERVICE_ACCOUNTS, 0));
    assert_true(text_is(event->key, CEA));
    return &event->order_entered;
}

/* The order stays as it was. */
static void expect_refused(const struct venue *venue, const struct event *event, const char *code,
                           const char *field)
{
    assert_int_equal(event->kind, EVENT_REPLACE_REFUSED);
    const struct replace_refused *refused = &event->replace_refused;
    if (!text_is(refused->code, code))
        fail_msg("code is %.*s, not %s", (int)refused->code.size, refused->code.data, code);
    assert_int_equal(refused->has_field, field != NULL);
    assert_true(field == NULL || text_is(refused->field, field));
    assert_true(refused->message.size > 0);
    const struct orders_order *order = orders_order(venue->state, refused->order_id);
    bool open = refused->has_order && orders_is_open(order); /* else its hold is gone already */
    assert_int_equal(event_touches(event, SERVICE_ACCOUNTS, 0), open);
    assert_int_equal(venue_order(venue, 1)->limit_price_e8, PRICE_E8);
    assert_int_equal(venue_order(venue, 1)->quantity_e8, 5 * E8);
}

static void sell(struct venue *venue, uint32_t number, int64_t price_e8, int64_t quantity_e8)
{
    venue_place(venue, &(struct wish){.number = number,
                                      .account = 2,
                                      .side = SIDE_SELL,
                                      .price_e8 = price_e8,
                                      .quantity_e8 = quantity_e8});
}

static const struct event *replace(struct venue *venue, uint32_t number, uint32_t account,
                                   int64_t quantity_e8, int64_t price_e8)
{
    return venue_replace(venue, order_id(CEA, number), account, quantity_e8, price_e8);
}

static int64_t ahead_of(const struct venue *venue, uint32_t number)
{
    return book_quantity_ahead_e8(&orders_order(venue->state, order_id(CEA, number))->book);
}

static void less_quantity_alone_keeps_the_place(void **state)
{
    struct venue *venue = *state;
    venue->now_us += 5;
    const struct order_entered *entered = replaced(replace(venue, 1, 1, 2 * E8, 0));
    assert_true(entered->keeps_place);
    assert_int_equal(entered->order.quantity_e8, 2 * E8);
    assert_int_equal(entered->order.remaining_quantity_e8, 2 * E8);
    assert_int_equal(entered->order.status, ORDER_STATUS_OPEN);
    assert_int_equal(entered->order.updated_at, NOON_US + 5);
    assert_int_equal(ahead_of(venue, 1), 0);
    assert_int_equal(ahead_of(venue, 3), 2 * E8);

    entered = replaced(replace(venue, 1, 1, 2 * E8, PRICE_E8)); /* nothing changes at all */
    assert_true(entered->keeps_place);
    assert_int_equal(ahead_of(venue, 1), 0);
}

static void more_quantity_goes_behind_the_others(void **state)
{
    struct venue *venue = *state;
    const struct order_entered *entered = replaced(replace(venue, 1, 1, 6 * E8, 0));
    assert_false(entered->keeps_place);
    assert_int_equal(entered->order.remaining_quantity_e8, 6 * E8);
    assert_int_equal(ahead_of(venue, 3), 0);
    assert_int_equal(ahead_of(venue, 1), E8);
}

static void another_price_may_trade_at_once_and_keeps_what_was_filled(void **state)
{
    struct venue *venue = *state;
    sell(venue, 2, PRICE_E8, E8); /* fills 1 of 5 at the maker's 10 bps: 0.01 */
    sell(venue, 4, PRICE_E8 + E8, 2 * E8);
    const struct order_entered *entered = replaced(replace(venue, 1, 1, 0, PRICE_E8 + E8));
    assert_int_equal(entered->fills_count, 1);
    assert_int_equal(entered->fills[0].price_e8, PRICE_E8 + E8);
    assert_int_equal(entered->fills[0].quantity_e8, 2 * E8);
    const struct order *order = &entered->order;
    assert_int_equal(order->status, ORDER_STATUS_PARTIALLY_FILLED);
    assert_int_equal(order->filled_quantity_e8, 3 * E8);
    assert_int_equal(order->remaining_quantity_e8, 2 * E8);
    assert_int_equal(order->filled_notional_e8, 32 * E8);
    assert_int_equal(order->average_fill_price_e8, 1066666667); /* 32 / 3, not (10 + 11) / 2 */
    assert_int_equal(order->fees_e8, 8 * E8 / 100); /* 22 at 30 bps and 10 at 10 bps: 0.076 */
    assert_int_equal(entered->fills[0].fee_e8, 7 * E8 / 100);

    sell(venue, 6, PRICE_E8 + E8, 2 * E8); /* and 22 more at the maker's rate: 0.098 in all */
    order = venue_order(venue, 1);
    assert_int_equal(order->status, ORDER_STATUS_FILLED);
    assert_int_equal(order->fees_e8, 10 * E8 / 100);
}

static void a_total_that_is_filled_already_cancels_the_rest(void **state)
{
    struct venue *venue = *state;
    sell(venue, 2, PRICE_E8, 2 * E8);
    const struct order_entered *entered = replaced(replace(venue, 1, 1, 2 * E8, 0));
    assert_false(entered->keeps_place);
    assert_int_equal(entered->order.status, ORDER_STATUS_CANCELED);
    assert_int_equal(entered->order.end_reason, END_REASON_CANCELED_BY_USER);
    assert_int_equal(entered->order.lifecycle, LIFECYCLE_EXECUTED);
    assert_int_equal(entered->order.quantity_e8, 5 * E8); /* as for any cancel */
    assert_int_equal(entered->order.remaining_quantity_e8, 3 * E8);
    assert_false(book_rests(&orders_order(venue->state, order_id(CEA, 1))->book));
    assert_int_equal(ahead_of(venue, 3), 0);
}

static void new_terms_pass_the_checks_of_a_new_order(void **state)
{
    struct venue *venue = *state;
    expect_refused(venue, replace(venue, 1, 1, 0, PRICE_E8 + 1), "TICK_SIZE", "limit_price");
    expect_refused(venue, replace(venue, 1, 1, E8 / 2, 0), "LOT_SIZE", "quantity");
    expect_refused(venue, replace(venue, 1, 1, 2000000 * E8, 0), "QUANTITY_RANGE", "quantity");
    sell(venue, 2, PRICE_E8 + E8, E8);
    venue_place(venue,
                &(struct wish){.number = 5, .account = 3, .post_only = true, .price_e8 = PRICE_E8});
    const struct event *event = replace(venue, 5, 3, 0, PRICE_E8 + E8);
    expect_refused(venue, event, "POST_ONLY_WOULD_TRADE", "post_only");
    assert_int_equal(event->replace_refused.order.limit_price_e8, PRICE_E8);
    assert_int_equal(venue_order(venue, 5)->limit_price_e8, PRICE_E8);
}

static void a_halt_stops_a_new_arrival_but_no_smaller_total(void **state)
{
    struct venue *venue = *state;
    venue_change_status(venue, INSTRUMENT_STATUS_HALTED);
    expect_refused(venue, replace(venue, 1, 1, 6 * E8, 0), "INSTRUMENT_HALTED", "instrument");
    assert_true(replaced(replace(venue, 1, 1, 4 * E8, 0))->keeps_place);
}

static void the_loser_of_a_race_is_told_what_won(void **state)
{
    struct venue *venue = *state;
    venue_cancel(venue, order_id(CEA, 3), 1, ROLE_USER);
    expect_refused(venue, replace(venue, 3, 1, 0, PRICE_E8 + E8), "ORDER_NOT_OPEN", NULL);
    sell(venue, 2, PRICE_E8, E8);
    expect_refused(venue, replace(venue, 2, 2, 0, PRICE_E8), "ORDER_ALREADY_FILLED", NULL);
    expect_refused(venue, replace(venue, 1, 2, 0, PRICE_E8), "NOT_FOUND", NULL);
    assert_false(venue->event.replace_refused.has_order);
    expect_refused(venue, replace(venue, 9, 1, 0, PRICE_E8), "NOT_FOUND", NULL);

    const struct event event = {
        .kind = EVENT_REPLACE_AUTHORIZED,
        .replace_authorized = {.order_id = order_id(CEA, 2), .account_id = account_id(2)}};
    venue_follow(venue, &event); /* nothing is held for it, and so nothing to be released */
    assert_true(text_is(venue->event.replace_refused.code, "ORDER_ALREADY_FILLED"));
    assert_false(event_touches(&venue->event, SERVICE_ACCOUNTS, 0));
}

static void a_replace_of_what_has_changed_since_it_was_read_is_refused(void **state)
{
    struct venue *venue = *state;
    struct event event = {.kind = EVENT_REPLACE_AUTHORIZED,
                          .replace_authorized = {.order_id = order_id(CEA, 1),
                                                 .account_id = account_id(1),
                                                 .has_quantity_e8 = true,
                                                 .quantity_e8 = 4 * E8,
                                                 .has_if_version = true,
                                                 .if_version = venue_version(venue, 1),
                                                 .has_hold_e8 = true}};
    sell(venue, 2, PRICE_E8, E8);
    assert_true(venue_version(venue, 1) > event.replace_authorized.if_version);
    expect_refused(venue, venue_follow(venue, &event), "VERSION_CONFLICT", NULL);
    event.replace_authorized.if_version = venue_version(venue, 1);
    assert_true(replaced(venue_follow(venue, &event))->keeps_place);
}

static void a_replace_that_comes_too_late_changes_nothing(void **state)
{
    struct venue *venue = *state;
    struct event event = {.kind = EVENT_REPLACE_AUTHORIZED,
                          .meta = {.has_valid_until = true, .valid_until = NOON_US - 1},
                          .replace_authorized = {.order_id = order_id(CEA, 1),
                                                 .account_id = account_id(1),
                                                 .has_quantity_e8 = true,
                                                 .quantity_e8 = E8,
                                                 .has_hold_e8 = true}};
    expect_refused(venue, venue_follow(venue, &event), "COMMAND_EXPIRED", NULL);
    event.meta.has_valid_until = false;
    event.replace_authorized.has_stop_price_e8 = true;
    event.replace_authorized.stop_price_e8 = E8;
    expect_refused(venue, venue_follow(venue, &event), "VALIDATION_FAILED", "stop_price");
}

/* A stop of account 1, to buy one when 12.00 is reached. */
static void wait_for_price(struct venue *venue, uint32_t number)
{
    venue_place(venue, &(struct wish){.number = number,
                                      .account = 1,
                                      .type = ORDER_TYPE_STOP,
                                      .stop_price_e8 = 12 * E8,
                                      .max_notional_e8 = 100 * E8});
    assert_int_equal(venue_order(venue, number)->trigger, TRIGGER_STATE_WAITING);
}

static const struct event *move_stop(struct venue *venue, uint32_t number, int64_t stop_price_e8)
{
    const struct event event = {.kind = EVENT_REPLACE_AUTHORIZED,
                                .replace_authorized = {.order_id = order_id(CEA, number),
                                                       .account_id = account_id(1),
                                                       .has_stop_price_e8 = true,
                                                       .stop_price_e8 = stop_price_e8,
                                                       .has_hold_e8 = true}};
    return venue_follow(venue, &event);
}

static void a_stop_that_waits_can_be_moved_and_then_waits_there(void **state)
{
    struct venue *venue = *state;
    wait_for_price(venue, 11);
    const struct order_entered *entered = replaced(move_stop(venue, 11, 13 * E8));
    assert_int_equal(entered->order.trigger, TRIGGER_STATE_WAITING);
    assert_int_equal(entered->order.stop_price_e8, 13 * E8);
    venue_mark(venue, 12 * E8);
    assert_null(venue_time(venue));
    venue_mark(venue, 13 * E8);
    assert_int_equal(venue_time(venue)->order_entered.entry, ORDER_ENTRY_TRIGGERED);
    assert_null(venue_time(venue));
}

static void a_stop_that_is_moved_to_where_the_price_is_fires_at_once(void **state)
{
    struct venue *venue = *state;
    venue_mark(venue, 11 * E8);
    wait_for_price(venue, 11);
    sell(venue, 2, 11 * E8, E8);
    const struct order_entered *entered = replaced(move_stop(venue, 11, 11 * E8));
    assert_int_equal(entered->order.trigger, TRIGGER_STATE_FIRED);
    assert_int_equal(entered->fills_count, 1);
    assert_null(venue_time(venue));
}

/* At one price who came first fires first; a replace comes anew, unless it only asks for less. */
static void a_stop_that_waits_keeps_its_turn_only_with_less_quantity(void **state)
{
    struct venue *venue = *state;
    for (uint32_t number = 11; number <= 13; number++) {
        wait_for_price(venue, number);
        assert_false(replaced(replace(venue, number, 1, 3 * E8, 0))->keeps_place);
    }
    assert_true(replaced(replace(venue, 11, 1, 2 * E8, 0))->keeps_place);
    assert_false(replaced(replace(venue, 12, 1, 4 * E8, 0))->keeps_place);
    venue_check_replay(venue);
    venue_mark(venue, 12 * E8);
    static const uint32_t TURNS[] = {11, 13, 12};
    for (size_t i = 0; i < COUNT_OF(TURNS); i++) {
        const struct event *event = venue_time(venue);
        assert_true(uuid_equal(event->order_entered.order.id, order_id(CEA, TURNS[i])));
    }
}

static void a_trailing_stop_goes_on_from_the_best_price_it_has_seen(void **state)
{
    struct venue *venue = *state;
    venue_mark(venue, 20 * E8);
    venue_place(venue, &(struct wish){.number = 11,
                                      .account = 2,
                                      .side = SIDE_SELL,
                                      .type = ORDER_TYPE_TRAILING_STOP,
                                      .trail_amount_e8 = 2 * E8});
    venue_mark(venue, 19 * E8);
    const struct order_entered *entered = replaced(replace(venue, 11, 2, 3 * E8, 0));
    assert_int_equal(entered->order.stop_price_e8, 18 * E8);
    assert_int_equal(venue_order(venue, 11)->stop_price_e8, 18 * E8);
    venue_mark(venue, 21 * E8);
    assert_int_equal(venue_order(venue, 11)->stop_price_e8, 19 * E8);
    const struct event event = {.kind = EVENT_REPLACE_AUTHORIZED,
                                .replace_authorized = {.order_id = order_id(CEA, 11),
                                                       .account_id = account_id(2),
                                                       .has_stop_price_e8 = true,
                                                       .stop_price_e8 = E8,
                                                       .has_hold_e8 = true}};
    expect_refused(venue, venue_follow(venue, &event), "VALIDATION_FAILED", "stop_price");
}

static void an_order_that_expires_still_does_when_it_was_replaced(void **state)
{
    struct venue *venue = *state;
    venue_place(venue, &(struct wish){.number = 11,
                                      .account = 3,
                                      .time_in_force = TIME_IN_FORCE_GTD,
                                      .expires_at_us = NOON_US + 9,
                                      .price_e8 = PRICE_E8});
    replaced(replace(venue, 11, 3, 0, PRICE_E8 - E8));
    venue_check_replay(venue);
    venue->now_us = NOON_US + 9;
    assert_int_equal(venue_time(venue)->kind, EVENT_ORDERS_CANCELED);
    assert_int_equal(venue_order(venue, 11)->status, ORDER_STATUS_EXPIRED);
    expect_refused(venue, replace(venue, 11, 3, 0, PRICE_E8), "ORDER_NOT_OPEN", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_venue, close_venue)
        TEST(less_quantity_alone_keeps_the_place),
        TEST(more_quantity_goes_behind_the_others),
        TEST(another_price_may_trade_at_once_and_keeps_what_was_filled),
        TEST(a_total_that_is_filled_already_cancels_the_rest),
        TEST(new_terms_pass_the_checks_of_a_new_order),
        TEST(a_halt_stops_a_new_arrival_but_no_smaller_total),
        TEST(the_loser_of_a_race_is_told_what_won),
        TEST(a_replace_of_what_has_changed_since_it_was_read_is_refused),
        TEST(a_replace_that_comes_too_late_changes_nothing),
        TEST(a_stop_that_waits_can_be_moved_and_then_waits_there),
        TEST(a_stop_that_is_moved_to_where_the_price_is_fires_at_once),
        TEST(a_stop_that_waits_keeps_its_turn_only_with_less_quantity),
        TEST(a_trailing_stop_goes_on_from_the_best_price_it_has_seen),
        TEST(an_order_that_expires_still_does_when_it_was_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
