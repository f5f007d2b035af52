/* Guards of purchases: one hold for a pair of which one cancels the other. */
#include "accounts/due.h"
#include "desk.h"
#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { PURCHASE = 1, SALE = 2, FIRST_OF_MAKER = 50 };

/* A purchase of 10 at 10.00, to be guarded at 9.00 and 11.00. */
static struct command purchase(void)
{
    struct command command = order(buyer, PURCHASE, SIDE_BUY, 10 * E8, 10 * E8);
    command.place_order.has_stop_loss_price_e8 = true;
    command.place_order.stop_loss_price_e8 = 9 * E8;
    command.place_order.has_take_profit_price_e8 = true;
    command.place_order.take_profit_price_e8 = 11 * E8;
    return command;
}

/* An order of the buyer trades so much with one that the maker has just placed, or with the
 * seller's purchase. */
static const struct event *trade(struct uuid id, enum order_status status, bool fired,
                                 int64_t quantity_e8, struct uuid other, struct uuid other_account,
                                 int64_t price_e8)
{
    struct fill fill = {.price_e8 = price_e8, .quantity_e8 = quantity_e8};
    struct resting_fill resting = {
        .order_id = other, .account_id = other_account, .status = ORDER_STATUS_FILLED};
    const struct event entered = {
        .kind = EVENT_ORDER_ENTERED,
        .order_entered = {.order = {.id = id, .account_id = buyer, .status = status},
                          .entry = fired ? ORDER_ENTRY_TRIGGERED : ORDER_ENTRY_PLACED,
                          .fills = &fill,
                          .fills_count = 1,
                          .resting = &resting,
                          .resting_count = 1}};
    const struct event *event = ledger_follow(&ledger, &entered);
    assert_int_equal(event->kind, EVENT_FILLS_SETTLED);
    return event;
}

/* So much of the purchase is filled. */
static struct bracket fill(int64_t quantity_e8, enum order_status status)
{
    static uint32_t number = FIRST_OF_MAKER;
    number++;
    place(maker, number, SIDE_SELL, quantity_e8, 10 * E8);
    const struct event *event =
        trade(cea(PURCHASE), status, false, quantity_e8, cea(number), maker, 10 * E8);
    assert_int_equal(event->fills_settled.brackets_count, 1);
    assert_true(event_touches(event, SERVICE_ORDERS, 0));
    return event->fills_settled.brackets[0];
}

static struct bracket buy(int64_t quantity_e8)
{
    struct command command = purchase();
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ORDER_AUTHORIZED);
    return fill(quantity_e8, ORDER_STATUS_PARTIALLY_FILLED);
}

static void what_is_bought_is_held_by_its_guards_at_once(void **state)
{
    (void)state;
    struct bracket pair = buy(4 * E8);
    assert_int_equal(pair.quantity_e8, 4 * E8);
    assert_int_equal(pair.stop_loss_price_e8, 9 * E8);
    assert_int_equal(pair.take_profit_price_e8, 11 * E8);
    assert_true(pair.has_sibling_id);
    assert_true(uuid_equal(pair.parent_id, cea(PURCHASE)));
    assert_balance(buyer, "CEA", 0, 4 * E8);
    struct command sale = order(buyer, SALE, SIDE_SELL, E8, 10 * E8);
    assert_refused(ledger_command(&ledger, &sale), "INSUFFICIENT_FUNDS", NULL);
    assert_ptr_equal(accounts_order(ledger.state, pair.order_id),
                     accounts_order(ledger.state, pair.sibling_id));
}

static void either_of_a_pair_sells_what_both_hold(void **state)
{
    (void)state;
    struct bracket pair = buy(4 * E8);
    ledger_deposit(&ledger, seller, "EUR", 1000 * E8);
    place(seller, SALE, SIDE_BUY, 4 * E8, 11 * E8);
    const struct event *event =
        trade(pair.sibling_id, ORDER_STATUS_FILLED, true, 4 * E8, cea(SALE), seller, 11 * E8);
    assert_int_equal(event->fills_settled.orders_count, 2);
    assert_true(uuid_equal(event->fills_settled.orders[0].order_id, pair.sibling_id));
    assert_true(event->fills_settled.orders[0].closed);
    assert_balance(buyer, "CEA", 0, 0);
    assert_null(accounts_order(ledger.state, pair.order_id));
    assert_null(accounts_order(ledger.state, pair.sibling_id));
}

static void to_cancel_either_gives_back_what_both_hold(void **state)
{
    (void)state;
    struct bracket pair = buy(4 * E8);
    const struct event canceled = {
        .kind = EVENT_ORDER_CANCELED,
        .order_canceled.order = {.id = pair.sibling_id, .account_id = buyer}};
    assert_int_equal(ledger_follow(&ledger, &canceled)->hold_released.orders_count, 1);
    assert_balance(buyer, "CEA", 4 * E8, 0);
    assert_int_equal(ledger_follow(&ledger, &canceled)->hold_released.orders_count, 0);
}

static void a_bracket_that_is_merged_hands_its_hold_over(void **state)
{
    (void)state;
    struct bracket first = buy(4 * E8);
    struct bracket second = fill(6 * E8, ORDER_STATUS_FILLED);
    assert_true(second.has_into_id);
    assert_true(uuid_equal(second.into_id, first.order_id));
    assert_balance(buyer, "CEA", 0, 10 * E8);
    struct merged_bracket merged = {
        .order_id = second.order_id, .into_id = first.order_id, .account_id = buyer};
    const struct event entered = {.kind = EVENT_BRACKETS_ENTERED,
                                  .brackets_entered = {.merged = &merged, .merged_count = 1}};
    const struct event *event = ledger_follow(&ledger, &entered);
    assert_int_equal(event->kind, EVENT_HOLD_RELEASED);
    assert_int_equal(event->hold_released.orders_count, 2);
    assert_balance(buyer, "CEA", 0, 10 * E8);
    assert_int_equal(accounts_order(ledger.state, first.sibling_id)->hold_e8, 10 * E8);
    assert_null(accounts_order(ledger.state, second.sibling_id));
}

/* Certificates that were deposited are sold, and with them the position is flat. */
static void guards_of_a_flat_position_have_to_go(void **state)
{
    (void)state;
    struct bracket pair = buy(4 * E8);
    ledger_deposit(&ledger, buyer, "CEA", 20 * E8);
    ledger_deposit(&ledger, seller, "EUR", 1000 * E8);
    place(buyer, SALE, SIDE_SELL, 19 * E8, 10 * E8);
    place(seller, 3, SIDE_BUY, 19 * E8, 10 * E8);
    const struct event *event =
        trade(cea(SALE), ORDER_STATUS_FILLED, false, 19 * E8, cea(3), seller, 10 * E8);
    assert_int_equal(event->kind, EVENT_FILLS_SETTLED);
    assert_int_equal(accounts_due_us(ledger.state), INT64_MIN); /* before whatever else comes */
    event = ledger_time(&ledger);
    assert_int_equal(event->kind, EVENT_CANCEL_REQUESTED);
    assert_int_equal(event->cancel_requested.reason, END_REASON_CLOSED);
    assert_int_equal(event->cancel_requested.orders_count, 1);
    assert_true(uuid_equal(event->cancel_requested.orders[0], pair.order_id));
    assert_true(event_touches(event, SERVICE_ORDERS, 0));
    assert_null(ledger_time(&ledger));
    place(buyer, SALE, SIDE_SELL, E8, 10 * E8); /* flat already: its guards are told of once */
    place(seller, 3, SIDE_BUY, E8, 10 * E8);
    trade(cea(SALE), ORDER_STATUS_FILLED, false, E8, cea(3), seller, 10 * E8);
    assert_null(ledger_time(&ledger));
    struct order canceled = {.id = pair.order_id, .account_id = buyer};
    const struct event ended = {.kind = EVENT_ORDERS_CANCELED,
                                .orders_canceled = {.orders = &canceled, .orders_count = 1}};
    assert_int_equal(ledger_follow(&ledger, &ended)->hold_released.orders_count, 1);
    assert_balance(buyer, "CEA", 4 * E8, 0);
}

/* As many as an account may have, a bounded number at a time, and only they. */
static void many_guards_go_a_bounded_number_at_a_time(void **state)
{
    (void)state;
    enum { GUARDS = 2 * ACCOUNTS_CANCELS_MAX + 1 };
    ledger_deposit(&ledger, buyer, "EUR", 100000 * E8);
    ledger_deposit(&ledger, buyer, "CEA", 2 * GUARDS * E8);
    ledger_deposit(&ledger, maker, "CEA", GUARDS * E8);
    ledger_deposit(&ledger, seller, "EUR", 100000 * E8);
    for (uint32_t i = 0; i < GUARDS; i++) {
        struct command command = order(buyer, 10 + i, SIDE_BUY, E8, 10 * E8);
        command.place_order.has_stop_loss_price_e8 = true;
        command.place_order.stop_loss_price_e8 = 9 * E8;
        assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ORDER_AUTHORIZED);
        place(maker, 10000 + i, SIDE_SELL, E8, 10 * E8);
        trade(cea(10 + i), ORDER_STATUS_FILLED, false, E8, cea(10000 + i), maker, 10 * E8);
    }
    place(seller, 4, SIDE_BUY, GUARDS * E8, 10 * E8);
    place(buyer, SALE, SIDE_SELL, GUARDS * E8, 10 * E8);
    place(buyer, 5, SIDE_SELL, E8, 12 * E8); /* no guard */
    trade(cea(SALE), ORDER_STATUS_FILLED, false, GUARDS * E8, cea(4), seller, 10 * E8);
    for (int64_t left = GUARDS; left > 0; left -= ACCOUNTS_CANCELS_MAX) {
        const struct cancel_requested *cancel = &ledger_time(&ledger)->cancel_requested;
        int64_t most = left < ACCOUNTS_CANCELS_MAX ? left : ACCOUNTS_CANCELS_MAX;
        assert_int_equal(cancel->orders_count, most);
        assert_int_equal(cancel->left, left - most);
        assert_true(ledger.last_size < WIRE_VALUE_SIZE_MAX / 10);
    }
    assert_null(ledger_time(&ledger));
}

static void only_a_purchase_is_guarded_and_by_prices_in_order(void **state)
{
    (void)state;
    struct command command = purchase();
    command.place_order.stop_loss_price_e8 = 0;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "stop_loss_price");
    command = purchase();
    command.place_order.take_profit_price_e8 = 9 * E8;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "take_profit_price");
    command = order(seller, SALE, SIDE_SELL, E8, E8);
    command.place_order.has_take_profit_price_e8 = true;
    command.place_order.take_profit_price_e8 = E8;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "take_profit_price");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_ledger, close_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_bought_is_held_by_its_guards_at_once),
        TEST(either_of_a_pair_sells_what_both_hold),
        TEST(to_cancel_either_gives_back_what_both_hold),
        TEST(a_bracket_that_is_merged_hands_its_hold_over),
        TEST(guards_of_a_flat_position_have_to_go),
        TEST(many_guards_go_a_bounded_number_at_a_time),
        TEST(only_a_purchase_is_guarded_and_by_prices_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
