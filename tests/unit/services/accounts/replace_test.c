/* Replaces: the hold while a book decides, and after it has. */
#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct command replace(struct uuid account, uint32_t number, int64_t quantity_e8,
                              int64_t price_e8)
{
    struct command command = command_by_user(COMMAND_REPLACE_ORDER, account);
    command.replace_order = (struct replace_order){.order_id = cea(number),
                                                   .account_id = account,
                                                   .has_quantity_e8 = quantity_e8 != 0,
                                                   .quantity_e8 = quantity_e8,
                                                   .has_limit_price_e8 = price_e8 != 0,
                                                   .limit_price_e8 = price_e8};
    return command;
}

static void authorized(const struct command *command, int64_t hold_e8)
{
    const struct event *event = ledger_command(&ledger, command);
    assert_int_equal(event->kind, EVENT_REPLACE_AUTHORIZED);
    assert_true(event_touches(event, SERVICE_ORDERS, 0));
    assert_true(event->replace_authorized.has_hold_e8);
    assert_int_equal(event->replace_authorized.hold_e8, hold_e8);
    assert_int_equal(accounts_order(ledger.state, command->replace_order.order_id)->hold_e8,
                     hold_e8);
}

static struct order order_as(uint32_t number, struct uuid account, int64_t quantity_e8,
                             int64_t price_e8)
{
    return (struct order){.id = cea(number),
                          .account_id = account,
                          .status = ORDER_STATUS_OPEN,
                          .quantity_e8 = quantity_e8,
                          .has_limit_price_e8 = true,
                          .limit_price_e8 = price_e8};
}

/* The order comes to its book, by `entry`, and trades `filled_e8` with order 9 of the seller. */
static void enter(enum order_entry entry, struct order order, int64_t filled_e8, int64_t price_e8)
{
    struct fill fill = {.price_e8 = price_e8, .quantity_e8 = filled_e8};
    struct resting_fill resting = {
        .order_id = cea(9), .account_id = seller, .status = ORDER_STATUS_PARTIALLY_FILLED};
    const struct event entered = {.kind = EVENT_ORDER_ENTERED,
                                  .order_entered = {.order = order,
                                                    .entry = entry,
                                                    .fills = &fill,
                                                    .fills_count = filled_e8 > 0,
                                                    .resting = &resting,
                                                    .resting_count = filled_e8 > 0}};
    assert_int_equal(ledger_follow(&ledger, &entered)->kind, EVENT_FILLS_SETTLED);
}

/* What the order of the buyer trades while it rests. */
static void fill(uint32_t number, int64_t quantity_e8, int64_t price_e8)
{
    struct fill fill = {.price_e8 = price_e8, .quantity_e8 = quantity_e8};
    struct resting_fill resting = {
        .order_id = cea(number), .account_id = buyer, .status = ORDER_STATUS_PARTIALLY_FILLED};
    const struct event entered = {.kind = EVENT_ORDER_ENTERED,
                                  .order_entered = {.order = order_as(8, seller, 50 * E8, E8),
                                                    .fills = &fill,
                                                    .fills_count = 1,
                                                    .resting = &resting,
                                                    .resting_count = 1}};
    assert_int_equal(ledger_follow(&ledger, &entered)->kind, EVENT_FILLS_SETTLED);
}

static void rest(uint32_t number, struct uuid account, enum side side, int64_t quantity_e8,
                 int64_t price_e8)
{
    place(account, number, side, quantity_e8, price_e8);
    enter(ORDER_ENTRY_PLACED, order_as(number, account, quantity_e8, price_e8), 0, 0);
}

static const struct event *refuse(uint32_t number, struct uuid account)
{
    const struct event refused = {
        .kind = EVENT_REPLACE_REFUSED,
        .replace_refused = {.order_id = cea(number), .account_id = account}};
    const struct event *event = ledger_follow(&ledger, &refused);
    assert_int_equal(event->kind, EVENT_HOLD_RELEASED);
    return event;
}

static void a_dearer_order_holds_more_and_what_it_does_not_need_comes_back(void **state)
{
    (void)state;
    rest(1, buyer, SIDE_BUY, 10 * E8, 10 * E8);
    const struct command command = replace(buyer, 1, 0, 12 * E8);
    authorized(&command, 120 * E8);
    assert_balance(buyer, "EUR", 880 * E8, 120 * E8);

    rest(9, seller, SIDE_SELL, 50 * E8, 11 * E8);
    enter(ORDER_ENTRY_REPLACED, order_as(1, buyer, 10 * E8, 12 * E8), 4 * E8, 11 * E8);
    assert_balance(buyer, "EUR", 884 * E8, 72 * E8); /* paid 44, holds 6 x 12 */
    assert_balance(buyer, "CEA", 4 * E8, 0);
}

static void a_refused_replace_leaves_the_hold_as_it_was(void **state)
{
    (void)state;
    rest(1, buyer, SIDE_BUY, 10 * E8, 10 * E8);
    const struct command command = replace(buyer, 1, 20 * E8, 12 * E8);
    authorized(&command, 240 * E8);
    const struct event *event = refuse(1, buyer);
    assert_int_equal(event->hold_released.orders_count, 1);
    assert_int_equal(event->hold_released.orders[0].terms.limit_price_e8, 10 * E8);
    assert_balance(buyer, "EUR", 900 * E8, 100 * E8);
    authorized(&command, 240 * E8); /* and it can be asked for again */
}

static void a_cheaper_order_holds_the_old_price_until_its_book_has_decided(void **state)
{
    (void)state;
    rest(1, buyer, SIDE_BUY, 10 * E8, 10 * E8);
    const struct command command = replace(buyer, 1, 4 * E8, 5 * E8);
    authorized(&command, 100 * E8);
    enter(ORDER_ENTRY_REPLACED, order_as(1, buyer, 4 * E8, 5 * E8), 0, 0);
    assert_balance(buyer, "EUR", 980 * E8, 20 * E8);
}

/* More at a lower price: the old terms may be filled first, and the new ones for what is left. */
static void fills_that_overtake_a_replace_are_paid_for(void **state)
{
    (void)state;
    place(seller, 8, SIDE_SELL, 50 * E8, E8);
    rest(1, buyer, SIDE_BUY, 10 * E8, 10 * E8);
    const struct command command = replace(buyer, 1, 20 * E8, 8 * E8);
    authorized(&command, 180 * E8); /* 10 x 10 + 10 x 8, not 20 x 8 */
    fill(1, 5 * E8, 10 * E8);
    assert_balance(buyer, "EUR", 820 * E8, 130 * E8);
    enter(ORDER_ENTRY_REPLACED, order_as(1, buyer, 20 * E8, 8 * E8), 0, 0);
    assert_balance(buyer, "EUR", 830 * E8, 120 * E8);
}

static void fees_are_held_at_the_higher_rate_only_where_it_comes_in_anew(void **state)
{
    (void)state;
    set_fees(0, 100);
    rest(1, buyer, SIDE_BUY, 10 * E8, 10 * E8);
    struct command command = replace(buyer, 1, 9 * E8, 0);
    authorized(&command, 100 * E8); /* keeps its place: the maker's rate */
    enter(ORDER_ENTRY_REPLACED, order_as(1, buyer, 9 * E8, 10 * E8), 0, 0);
    assert_balance(buyer, "EUR", 910 * E8, 90 * E8);
    command = replace(buyer, 1, 10 * E8, 0);
    authorized(&command, 101 * E8);
}

static void one_replace_at_a_time(void **state)
{
    (void)state;
    rest(1, buyer, SIDE_BUY, 10 * E8, 10 * E8);
    struct command command = replace(buyer, 1, 9 * E8, 0);
    authorized(&command, 100 * E8);
    assert_refused(ledger_command(&ledger, &command), "REPLACE_PENDING", NULL);
}

static void what_cannot_be_is_refused_here(void **state)
{
    (void)state;
    rest(1, buyer, SIDE_BUY, 10 * E8, 10 * E8);
    struct command command = replace(buyer, 1, 0, 0);
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", NULL);
    command = replace(buyer, 1, -E8, 0);
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "quantity");
    command = replace(buyer, 1, 0, -E8);
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "limit_price");
    command = replace(buyer, 1, 0, 101 * E8);
    assert_refused(ledger_command(&ledger, &command), "INSUFFICIENT_FUNDS", NULL);
    command = replace(buyer, 1, 0, INT64_MAX);
    assert_refused(ledger_command(&ledger, &command), "AMOUNT_RANGE", NULL);
    command = replace(buyer, 1, INT64_MAX, 0);
    assert_refused(ledger_command(&ledger, &command), "AMOUNT_RANGE", NULL);
    command = replace(buyer, 1, 9 * E8, 0);
    command.meta.actor.account_id = seller;
    assert_refused(ledger_command(&ledger, &command), "FORBIDDEN", NULL);
    assert_balance(buyer, "EUR", 900 * E8, 100 * E8);
}

static void a_restricted_account_may_only_ask_for_less(void **state)
{
    (void)state;
    rest(1, buyer, SIDE_BUY, 10 * E8, 10 * E8);
    struct command restrict_it = command_by_operator(COMMAND_SET_ACCOUNT_STATUS);
    restrict_it.set_account_status.account_id = buyer;
    restrict_it.set_account_status.status = ACCOUNT_STATUS_RESTRICTED;
    (void)ledger_command(&ledger, &restrict_it);
    struct command command = replace(buyer, 1, 11 * E8, 0);
    assert_refused(ledger_command(&ledger, &command), "ACCOUNT_RESTRICTED", NULL);
    command = replace(buyer, 1, 9 * E8, 0);
    authorized(&command, 100 * E8);
}

static void an_order_that_is_not_open_here_is_left_to_its_book(void **state)
{
    (void)state;
    rest(1, buyer, SIDE_BUY, 10 * E8, 10 * E8);
    struct command command = replace(seller, 1, 9 * E8, 0); /* somebody else's */
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->kind, EVENT_REPLACE_AUTHORIZED);
    assert_false(event->replace_authorized.has_hold_e8);
    assert_true(event_touches(event, SERVICE_ORDERS, 0));
    assert_false(accounts_order(ledger.state, cea(1))->replacing);
}

static void an_order_that_ends_while_it_is_replaced_gives_everything_back(void **state)
{
    (void)state;
    rest(1, buyer, SIDE_BUY, 10 * E8, 10 * E8);
    const struct command command = replace(buyer, 1, 20 * E8, 12 * E8);
    authorized(&command, 240 * E8);
    const struct event canceled = {.kind = EVENT_ORDER_CANCELED,
                                   .order_canceled.order = {.id = cea(1), .account_id = buyer}};
    (void)ledger_follow(&ledger, &canceled);
    assert_balance(buyer, "EUR", 1000 * E8, 0);
}

static void a_sale_holds_the_larger_quantity(void **state)
{
    (void)state;
    rest(1, seller, SIDE_SELL, 10 * E8, 10 * E8);
    struct command command = replace(seller, 1, 25 * E8, 9 * E8);
    authorized(&command, 25 * E8);
    enter(ORDER_ENTRY_REPLACED, order_as(1, seller, 25 * E8, 9 * E8), 0, 0);
    assert_balance(seller, "CEA", 75 * E8, 25 * E8);
    command = replace(seller, 1, 101 * E8, 0);
    assert_refused(ledger_command(&ledger, &command), "INSUFFICIENT_FUNDS", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_ledger, close_ledger)
        TEST(a_dearer_order_holds_more_and_what_it_does_not_need_comes_back),
        TEST(a_refused_replace_leaves_the_hold_as_it_was),
        TEST(a_cheaper_order_holds_the_old_price_until_its_book_has_decided),
        TEST(fills_that_overtake_a_replace_are_paid_for),
        TEST(fees_are_held_at_the_higher_rate_only_where_it_comes_in_anew),
        TEST(one_replace_at_a_time),
        TEST(what_cannot_be_is_refused_here),
        TEST(a_restricted_account_may_only_ask_for_less),
        TEST(an_order_that_is_not_open_here_is_left_to_its_book),
        TEST(an_order_that_ends_while_it_is_replaced_gives_everything_back),
        TEST(a_sale_holds_the_larger_quantity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
