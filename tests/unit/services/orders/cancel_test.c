/* Orders that are canceled: by whom, when, and what the loser of a race is told. */
#include "venue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PRICE_E8 (10 * E8)

static int open_venue(void **state)
{
    *state = venue_open(1);
    venue_place(*state, &(struct wish){.number = 1, .account = 1, .price_e8 = PRICE_E8});
    return 0;
}

static int close_venue(void **state)
{
    venue_check_replay(*state);
    venue_close(*state);
    return 0;
}

static void expect_rejected(const struct event *event, const char *code)
{
    assert_int_equal(event->kind, EVENT_COMMAND_REJECTED);
    assert_true(text_is(event->command_rejected.code, code));
    assert_true(event->command_rejected.message.size > 0);
}

static void expect_canceled(const struct event *event, enum end_reason reason)
{
    assert_int_equal(event->kind, EVENT_ORDER_CANCELED);
    const struct order *order = &event->order_canceled.order;
    assert_int_equal(order->status, ORDER_STATUS_CANCELED);
    assert_true(order->has_end_reason);
    assert_int_equal(order->end_reason, reason);
    assert_int_equal(order->remaining_quantity_e8, E8);
    assert_true(text_is(event->key, CEA));
}

static void an_owner_cancels_and_a_second_cancel_is_told_the_same(void **state)
{
    struct venue *venue = *state;
    venue->now_us += 5;
    const struct event *event = venue_cancel(venue, order_id(CEA, 1), 1, ROLE_USER);
    expect_canceled(event, END_REASON_CANCELED_BY_USER);
    assert_int_equal(event->order_canceled.order.lifecycle, LIFECYCLE_CLOSED);
    assert_int_equal(event->order_canceled.order.updated_at, NOON_US + 5);
    assert_true(event_touches(event, SERVICE_ACCOUNTS, 0));

    venue->now_us += 5;
    event = venue_cancel(venue, order_id(CEA, 1), 1, ROLE_USER);
    expect_canceled(event, END_REASON_CANCELED_BY_USER);
    assert_int_equal(event->order_canceled.order.updated_at, NOON_US + 5);
    assert_false(event_touches(event, SERVICE_ACCOUNTS, 0));
}

static void operators_cancel_any_order_and_it_says_so(void **state)
{
    struct venue *venue = *state;
    expect_canceled(venue_cancel(venue, order_id(CEA, 1), 9, ROLE_OPERATOR),
                    END_REASON_CANCELED_BY_OPERATOR);
    venue_place(venue, &(struct wish){.number = 2, .account = 1, .price_e8 = PRICE_E8});
    expect_canceled(venue_cancel(venue, order_id(CEA, 2), 1, ROLE_ADMIN),
                    END_REASON_CANCELED_BY_USER);
}

static void others_do_not_learn_that_an_order_exists(void **state)
{
    struct venue *venue = *state;
    expect_rejected(venue_cancel(venue, order_id(CEA, 1), 2, ROLE_USER), "NOT_FOUND");
    expect_rejected(venue_cancel(venue, order_id(CEA, 7), 1, ROLE_USER), "NOT_FOUND");

    struct command command = command_by(COMMAND_CANCEL_ORDER, ROLE_USER);
    command.cancel_order.order_id = order_id(CEA, 1);
    expect_rejected(venue_command(venue, &command), "NOT_FOUND");
    command.cancel_order.has_account_id = true; /* saying whose it is does not make it one's own */
    command.cancel_order.account_id = account_id(1);
    expect_rejected(venue_command(venue, &command), "NOT_FOUND");
    command.meta.has_actor = false;
    expect_rejected(venue_command(venue, &command), "NOT_FOUND");

    command = command_by(COMMAND_CANCEL_ORDER, ROLE_OPERATOR);
    command.cancel_order.order_id = order_id(CEA, 1);
    command.cancel_order.has_account_id = true;
    command.cancel_order.account_id = account_id(2);
    expect_rejected(venue_command(venue, &command), "NOT_FOUND");
    assert_int_equal(venue_order(venue, 1)->status, ORDER_STATUS_OPEN);
}

static void a_cancel_that_comes_too_late_names_what_happened(void **state)
{
    struct venue *venue = *state;
    venue_place(venue,
                &(struct wish){.number = 2, .account = 2, .side = SIDE_SELL, .price_e8 = PRICE_E8});
    expect_rejected(venue_cancel(venue, order_id(CEA, 1), 1, ROLE_USER), "ORDER_ALREADY_FILLED");
    expect_rejected(venue_cancel(venue, order_id(CEA, 2), 2, ROLE_USER), "ORDER_ALREADY_FILLED");

    venue_place(venue, &(struct wish){.number = 3, .account = 1, .price_e8 = PRICE_E8 + 1});
    expect_rejected(venue_cancel(venue, order_id(CEA, 3), 1, ROLE_USER), "ORDER_NOT_OPEN");
}

static const struct event *cancel_version(struct venue *venue, uint32_t number, int64_t version)
{
    struct command command = command_by(COMMAND_CANCEL_ORDER, ROLE_OPERATOR);
    command.cancel_order = (struct cancel_order){
        .order_id = order_id(CEA, number), .has_if_version = true, .if_version = version};
    return venue_command(venue, &command);
}

static void a_cancel_of_what_has_changed_since_it_was_read_is_refused(void **state)
{
    struct venue *venue = *state;
    venue_place(venue,
                &(struct wish){.number = 3, .price_e8 = PRICE_E8 + E8, .quantity_e8 = 2 * E8});
    int64_t read = venue_version(venue, 3);
    venue_place(venue, &(struct wish){.number = 4, .price_e8 = PRICE_E8 - E8});
    assert_int_equal(venue_version(venue, 3), read); /* that is about another order */
    venue_place(venue,
                &(struct wish){.number = 5, .account = 2, .side = SIDE_SELL, .price_e8 = PRICE_E8});
    assert_true(venue_version(venue, 3) > read);
    expect_rejected(cancel_version(venue, 3, read), "VERSION_CONFLICT");
    int64_t filled = venue_version(venue, 3);
    assert_int_equal(venue_order(venue, 3)->status, ORDER_STATUS_PARTIALLY_FILLED);
    assert_int_equal(cancel_version(venue, 3, filled)->kind, EVENT_ORDER_CANCELED);
    expect_rejected(cancel_version(venue, 3, filled), "VERSION_CONFLICT");
    int64_t canceled = venue_version(venue, 3);
    assert_int_equal(cancel_version(venue, 3, canceled)->kind, EVENT_ORDER_CANCELED);
}

static void a_partly_filled_order_keeps_what_it_got(void **state)
{
    struct venue *venue = *state;
    venue_place(venue, &(struct wish){.number = 2,
                                      .account = 2,
                                      .side = SIDE_SELL,
                                      .price_e8 = PRICE_E8,
                                      .quantity_e8 = 2 * E8});
    const struct event *event = venue_cancel(venue, order_id(CEA, 2), 2, ROLE_USER);
    expect_canceled(event, END_REASON_CANCELED_BY_USER);
    assert_int_equal(event->order_canceled.order.lifecycle, LIFECYCLE_EXECUTED);
    assert_int_equal(event->order_canceled.order.filled_quantity_e8, E8);
}

static void a_halt_cancels_nothing_and_stops_no_cancel(void **state)
{
    struct venue *venue = *state;
    static const enum instrument_status STATUSES[] = {
        INSTRUMENT_STATUS_HALTED, INSTRUMENT_STATUS_CANCEL_ONLY, INSTRUMENT_STATUS_CLOSED};
    for (uint32_t i = 0; i < COUNT_OF(STATUSES); i++) {
        venue_change_status(venue, STATUSES[i]);
        assert_int_equal(venue_order(venue, i + 1)->status, ORDER_STATUS_OPEN);
        expect_canceled(venue_cancel(venue, order_id(CEA, i + 1), 1, ROLE_USER),
                        END_REASON_CANCELED_BY_USER);
        venue_change_status(venue, INSTRUMENT_STATUS_OPEN);
        venue_place(venue, &(struct wish){.number = i + 2, .price_e8 = PRICE_E8});
    }
}

static void a_market_maker_that_ends_takes_its_orders_along(void **state)
{
    struct venue *venue = *state;
    for (uint32_t number = 2; number <= 4; number++)
        venue_place(venue, &(struct wish){.number = number,
                                          .account = number == 4 ? 3 : 2,
                                          .side = SIDE_SELL,
                                          .price_e8 = 2 * PRICE_E8});
    struct uuid orders[] = {order_id(CEA, 2), order_id("EUA-EUR", 9), order_id(CEA, 3),
                            order_id(CEA, 4)};
    const struct event deactivated = {
        .kind = EVENT_MARKET_MAKER_DEACTIVATED,
        .market_maker_deactivated = {.market_maker = {.id = account_id(2)},
                                     .orders = orders,
                                     .orders_count = COUNT_OF(orders)}};

    const struct event *event = venue_follow(venue, &deactivated);
    assert_int_equal(event->kind, EVENT_ORDERS_CANCELED);
    assert_int_equal(event->orders_canceled.orders_count, 2);
    assert_int_equal(event->orders_canceled.orders[1].end_reason, END_REASON_CANCELED_BY_OPERATOR);
    assert_true(event_touches(event, SERVICE_ACCOUNTS, 0));
    assert_int_equal(venue_order(venue, 3)->status, ORDER_STATUS_CANCELED);
    assert_int_equal(venue_order(venue, 4)->status, ORDER_STATUS_OPEN);

    event = venue_follow(venue, &deactivated); /* nothing is left: it still answers */
    assert_int_equal(event->orders_canceled.orders_count, 0);
    assert_false(event_touches(event, SERVICE_ACCOUNTS, 0));
}

static void orders_end_together_for_the_reason_that_accounts_gives(void **state)
{
    struct venue *venue = *state;
    venue_place(venue, &(struct wish){.number = 2, .account = 1, .price_e8 = PRICE_E8});
    struct uuid orders[] = {order_id(CEA, 2), order_id(CEA, 1)};
    const struct event request = {.kind = EVENT_CANCEL_REQUESTED,
                                  .cancel_requested = {.account_id = account_id(1),
                                                       .reason = END_REASON_CANCEL_AFTER,
                                                       .orders = orders,
                                                       .orders_count = COUNT_OF(orders)}};
    const struct event *event = venue_follow(venue, &request);
    assert_int_equal(event->orders_canceled.orders_count, 2);
    assert_true(uuid_equal(event->orders_canceled.orders[0].id, order_id(CEA, 2)));
    assert_true(event_touches(event, SERVICE_ACCOUNTS, 0));
    for (uint32_t number = 1; number <= 2; number++) {
        assert_int_equal(venue_order(venue, number)->status, ORDER_STATUS_CANCELED);
        assert_int_equal(venue_order(venue, number)->end_reason, END_REASON_CANCEL_AFTER);
    }
}

/* The book is what it was: only the memory of ended orders is bounded. */
static void an_order_is_forgotten_when_enough_ended_after_it(void **state)
{
    struct venue *venue = *state;
    venue_cancel(venue, order_id(CEA, 1), 1, ROLE_USER);
    for (uint32_t i = 1; i < ORDERS_ENDED_MAX; i++)
        venue_place(venue, &(struct wish){.number = 1 + i, .price_e8 = 1});
    expect_canceled(venue_cancel(venue, order_id(CEA, 1), 1, ROLE_USER),
                    END_REASON_CANCELED_BY_USER);
    venue_place(venue, &(struct wish){.number = 1 + ORDERS_ENDED_MAX, .price_e8 = 1});
    expect_rejected(venue_cancel(venue, order_id(CEA, 1), 1, ROLE_USER), "NOT_FOUND");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_venue, close_venue)
        TEST(an_owner_cancels_and_a_second_cancel_is_told_the_same),
        TEST(operators_cancel_any_order_and_it_says_so),
        TEST(others_do_not_learn_that_an_order_exists),
        TEST(a_cancel_that_comes_too_late_names_what_happened),
        TEST(a_cancel_of_what_has_changed_since_it_was_read_is_refused),
        TEST(a_partly_filled_order_keeps_what_it_got),
        TEST(a_halt_cancels_nothing_and_stops_no_cancel),
        TEST(a_market_maker_that_ends_takes_its_orders_along),
        TEST(orders_end_together_for_the_reason_that_accounts_gives),
        TEST(an_order_is_forgotten_when_enough_ended_after_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
