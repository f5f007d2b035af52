/* Emergency closes: what they hold, and how the holds of the sells beside them pass to them. */
#include "accounts/due.h"
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

static const struct event *close_all(struct uuid account)
{
    struct command command = command_by_user(COMMAND_CLOSE_POSITIONS, account);
    command.close_positions.account_id = account;
    return ledger_command(&ledger, &command);
}

static const struct order_authorized *next_close(void)
{
    const struct event *event = ledger_time(&ledger);
    assert_non_null(event);
    assert_int_equal(event->kind, EVENT_ORDER_AUTHORIZED);
    return &event->order_authorized;
}

static void all_positions_follow_one_by_one_and_money_stays(void **state)
{
    (void)state;
    ledger_deposit(&ledger, seller, "EUA", 20 * E8);
    ledger_deposit(&ledger, seller, "EUR", 30 * E8);
    const struct event *event = close_all(seller);
    assert_int_equal(event->kind, EVENT_POSITIONS_CLOSING);
    assert_int_equal(event->positions_closing.closes_count, 2);
    assert_true(text_is(event->positions_closing.closes[0].instrument, "CEA-EUR"));
    assert_true(text_is(event->positions_closing.closes[1].instrument, "EUA-EUR"));
    struct uuid ids[] = {event->positions_closing.closes[0].order_id,
                         event->positions_closing.closes[1].order_id};
    const struct order_authorized *first = next_close();
    assert_true(uuid_equal(first->order.id, ids[0]) && first->order.close);
    assert_int_equal(first->hold_e8, 100 * E8);
    const struct order_authorized *second = next_close();
    assert_true(uuid_equal(second->order.id, ids[1]));
    assert_true(text_is(second->order.instrument, "EUA-EUR"));
    assert_int_equal(second->hold_e8, 20 * E8);
    assert_null(ledger_time(&ledger));
    assert_balance(seller, "EUR", 30 * E8, 0);
}

static void an_operator_closes_one_of_them_by_name(void **state)
{
    (void)state;
    ledger_deposit(&ledger, seller, "EUA", 20 * E8);
    struct command command = command_by_operator(COMMAND_CLOSE_POSITIONS);
    command.close_positions = (struct close_positions){
        .account_id = seller, .has_instrument = true, .instrument = TEXT("EUA-EUR")};
    assert_int_equal(ledger_command(&ledger, &command)->positions_closing.closes_count, 1);
    assert_true(text_is(next_close()->order.instrument, "EUA-EUR"));
    assert_null(ledger_time(&ledger));
}

static void where_there_is_nothing_but_money_nothing_is_closed(void **state)
{
    (void)state;
    assert_refused(close_all(buyer), "NOT_FOUND", NULL);
    assert_null(ledger_time(&ledger));
}

static void what_waits_to_be_closed_is_restored(void **state)
{
    (void)state;
    assert_int_equal(close_all(seller)->kind, EVENT_POSITIONS_CLOSING);
    struct buffer here = ledger_saved(ledger.state);
    struct accounts_state *loaded = accounts_state_new(&ledger.place);
    assert_int_equal(accounts_load(loaded, buffer_bytes(&here)), OK);
    struct buffer there = ledger_saved(loaded);
    assert_true(bytes_equal(buffer_bytes(&here), buffer_bytes(&there)));
    assert_int_equal(accounts_due_us(loaded), INT64_MIN);
    buffer_free(&here);
    buffer_free(&there);
    accounts_state_free(loaded);
}

/* All of them end, the first thousand by one order and the rest by the next, at once. */
static void more_sells_than_one_event_names_are_closed_by_the_next(void **state)
{
    (void)state;
    for (uint32_t i = 100; i < 100 + ACCOUNTS_CANCELS_MAX + 3; i++)
        place(seller, i, SIDE_SELL, E8 / 20, 2 * E8);
    struct command command = close_command(seller);
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->order_authorized.sells_count, ACCOUNTS_CANCELS_MAX);
    assert_true(event->order_authorized.has_next_order_id);
    struct uuid last = event->order_authorized.sells[ACCOUNTS_CANCELS_MAX - 1];
    struct uuid next = event->order_authorized.next_order_id;
    const struct order_authorized *second = next_close();
    assert_true(uuid_equal(second->order.id, next));
    assert_int_equal(second->sells_count, 3);
    assert_true(uuid_compare(second->sells[0], last) > 0);
    assert_false(second->has_next_order_id);
    assert_null(ledger_time(&ledger));
}

/* What it leaves in its book may bring no more than half of what still fits. */
static void a_close_has_room_for_what_it_leaves(void **state)
{
    (void)state;
    int64_t some_e8 = ACCOUNTS_AMOUNT_MAX_E8 - ACCOUNTS_AMOUNT_MAX_E8 % CENT - 10 * E8;
    int64_t room_e8 = (ACCOUNTS_AMOUNT_MAX_E8 - some_e8) / 2;
    ledger_deposit(&ledger, seller, "EUR", some_e8);
    struct command command = close_command(seller);
    assert_int_equal(ledger_command(&ledger, &command)->order_authorized.room_e8, room_e8);
    assert_int_equal(ledger_balance(&ledger, seller, "EUR")->incoming_e8, room_e8);
    const struct event refused = {.kind = EVENT_ORDER_REFUSED,
                                  .order_refused.order = {.id = cea(9), .account_id = seller}};
    assert_int_equal(ledger_follow(&ledger, &refused)->kind, EVENT_HOLD_RELEASED);
    assert_int_equal(ledger_balance(&ledger, seller, "EUR")->incoming_e8, 0);
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
        TEST(all_positions_follow_one_by_one_and_money_stays),
        TEST(an_operator_closes_one_of_them_by_name),
        TEST(where_there_is_nothing_but_money_nothing_is_closed),
        TEST(what_waits_to_be_closed_is_restored),
        TEST(more_sells_than_one_event_names_are_closed_by_the_next),
        TEST(a_close_has_room_for_what_it_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
