/* Emergency closes: what they hold, and how the holds of the sells beside them pass to them. */
#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct command close_command(struct uuid account)
{
    struct command command = command_by_user(COMMAND_CLOSE_POSITION, account);
    command.close_position = (struct close_position){
        .order_id = cea(9), .account_id = account, .instrument = TEXT("CEA-EUR")};
    return command;
}

static struct order close_order(int64_t quantity_e8, int64_t filled_e8, enum order_status status)
{
    return (struct order){.id = cea(9),
                          .account_id = seller,
                          .instrument = TEXT("CEA-EUR"),
                          .side = SIDE_SELL,
                          .type = ORDER_TYPE_LIMIT,
                          .status = status,
                          .has_limit_price_e8 = true,
                          .limit_price_e8 = E8,
                          .quantity_e8 = quantity_e8,
                          .filled_quantity_e8 = filled_e8,
                          .remaining_quantity_e8 = quantity_e8 - filled_e8,
                          .close = true};
}

/* The book sold to the buyer's order 2, and ended the seller's order 1. */
static void enter(struct order order, int64_t filled_e8)
{
    struct fill fill = {.price_e8 = E8, .quantity_e8 = filled_e8};
    struct resting_fill resting = {
        .order_id = cea(2), .account_id = buyer, .status = ORDER_STATUS_PARTIALLY_FILLED};
    struct ended_order ended = {.order_id = cea(1),
                                .account_id = seller,
                                .status = ORDER_STATUS_CANCELED,
                                .end_reason = END_REASON_CLOSED,
                                .remaining_quantity_e8 = 30 * E8};
    const struct event entered = {.kind = EVENT_ORDER_ENTERED,
                                  .order_entered = {.order = order,
                                                    .entry = ORDER_ENTRY_CLOSE,
                                                    .fills = &fill,
                                                    .fills_count = filled_e8 > 0,
                                                    .resting = &resting,
                                                    .resting_count = filled_e8 > 0,
                                                    .ended = &ended,
                                                    .ended_count = 1}};
    assert_int_equal(ledger_follow(&ledger, &entered)->kind, EVENT_FILLS_SETTLED);
}

static void close_all_of_it(void)
{
    set_fees(0, 0);
    place(seller, 1, SIDE_SELL, 30 * E8, 2 * E8);
    place(buyer, 2, SIDE_BUY, 200 * E8, E8);
    struct command command = close_command(seller);
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->kind, EVENT_ORDER_AUTHORIZED);
    const struct order_authorized *authorized = &event->order_authorized;
    assert_int_equal(authorized->hold_e8, 70 * E8);
    assert_int_equal(authorized->sells_count, 1);
    assert_true(uuid_equal(authorized->sells[0], cea(1)));
    assert_true(authorized->order.close);
    assert_balance(seller, "CEA", 0, 100 * E8);
}

static void all_is_held_and_sold(void **state)
{
    (void)state;
    close_all_of_it();
    enter(close_order(100 * E8, 100 * E8, ORDER_STATUS_FILLED), 100 * E8);
    assert_balance(seller, "CEA", 0, 0);
    assert_balance(seller, "EUR", 100 * E8, 0);
    assert_balance(buyer, "CEA", 100 * E8, 0);
}

static void what_stays_in_the_book_stays_held(void **state)
{
    (void)state;
    close_all_of_it();
    enter(close_order(100 * E8, 40 * E8, ORDER_STATUS_PARTIALLY_FILLED), 40 * E8);
    assert_balance(seller, "CEA", 0, 60 * E8);
    assert_int_equal(accounts_order(ledger.state, cea(9))->hold_e8, 60 * E8);
    assert_null(accounts_order(ledger.state, cea(1)));
}

static void what_cannot_be_sold_comes_back(void **state)
{
    (void)state;
    close_all_of_it();
    enter(close_order(100 * E8, 0, ORDER_STATUS_CANCELED), 0);
    assert_balance(seller, "CEA", 100 * E8, 0);
    assert_null(accounts_order(ledger.state, cea(9)));
}

static void less_than_a_lot_comes_back(void **state)
{
    (void)state;
    close_all_of_it();
    enter(close_order(99 * E8, 99 * E8, ORDER_STATUS_FILLED), 99 * E8);
    assert_balance(seller, "CEA", E8, 0);
}

static void only_sells_may_be_left_to_close(void **state)
{
    (void)state;
    set_fees(0, 0);
    place(seller, 1, SIDE_SELL, 100 * E8, 2 * E8);
    place(buyer, 2, SIDE_BUY, 200 * E8, E8);
    struct command command = close_command(seller);
    assert_int_equal(ledger_command(&ledger, &command)->order_authorized.hold_e8, 0);
    enter(close_order(100 * E8, 100 * E8, ORDER_STATUS_FILLED), 100 * E8);
    assert_balance(seller, "CEA", 0, 0);
    assert_balance(seller, "EUR", 100 * E8, 0);
}

/* Its book would answer a replace of terms that the close has taken over meanwhile. */
static void a_close_is_not_replaced_before_it_is_in_its_book(void **state)
{
    (void)state;
    close_all_of_it();
    struct command command = command_by_user(COMMAND_REPLACE_ORDER, seller);
    command.replace_order = (struct replace_order){
        .order_id = cea(9), .account_id = seller, .has_quantity_e8 = true, .quantity_e8 = 50 * E8};
    assert_refused(ledger_command(&ledger, &command), "REPLACE_PENDING", NULL);
    enter(close_order(100 * E8, 40 * E8, ORDER_STATUS_PARTIALLY_FILLED), 40 * E8);
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_REPLACE_AUTHORIZED);
}

static const struct event *close_with(enum account_status status)
{
    struct command command = command_by_operator(COMMAND_SET_ACCOUNT_STATUS);
    command.set_account_status.account_id = seller;
    command.set_account_status.status = status;
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ACCOUNT_STATUS_CHANGED);
    command = close_command(seller);
    return ledger_command(&ledger, &command);
}

static void an_account_that_may_not_trade_is_refused(void **state)
{
    (void)state;
    assert_refused(close_with(ACCOUNT_STATUS_CLOSED), "ACCOUNT_NOT_ACTIVE", NULL);
    assert_int_equal(close_with(ACCOUNT_STATUS_RESTRICTED)->kind, EVENT_ORDER_AUTHORIZED);
}

static void what_is_not_there_is_not_closed(void **state)
{
    (void)state;
    struct command command = close_command(buyer);
    assert_refused(ledger_command(&ledger, &command), "NOT_FOUND", NULL);
    command = close_command(seller);
    command.close_position.instrument = TEXT("XXX-EUR");
    assert_refused(ledger_command(&ledger, &command), "INSTRUMENT_UNKNOWN", "instrument");
    command = close_command(seller);
    command.meta.actor.account_id = buyer;
    assert_refused(ledger_command(&ledger, &command), "FORBIDDEN", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_ledger, close_ledger)
        TEST(all_is_held_and_sold),
        TEST(what_stays_in_the_book_stays_held),
        TEST(what_cannot_be_sold_comes_back),
        TEST(less_than_a_lot_comes_back),
        TEST(only_sells_may_be_left_to_close),
        TEST(a_close_is_not_replaced_before_it_is_in_its_book),
        TEST(an_account_that_may_not_trade_is_refused),
        TEST(what_is_not_there_is_not_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
