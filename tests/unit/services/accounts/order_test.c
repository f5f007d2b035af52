/* PlaceOrder: who may trade what, and the hold. */
#include "base/murmur2.h"
#include "base/time.h"
#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void an_order_holds_its_worst_case_and_waits_for_its_book(void **state)
{
    (void)state;
    set_fees(10, 25); /* the higher rate is held, rounded up: 0.25 % of 30.03 is 0.075075 */
    struct command command = order(buyer, 1, SIDE_BUY, 3 * E8, 1001 * CENT);
    command.place_order.has_client_order_id = true;
    command.place_order.client_order_id = TEXT("mine");
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->kind, EVENT_ORDER_AUTHORIZED);
    const struct order_authorized *authorized = &event->order_authorized;
    assert_int_equal(authorized->hold_e8, 3003 * CENT + 8 * CENT);
    assert_true(text_is(authorized->hold_asset, "EUR"));
    assert_int_equal(authorized->maker_fee_bps, 10);
    assert_int_equal(authorized->taker_fee_bps, 25);
    assert_int_equal(authorized->order.status, ORDER_STATUS_PENDING);
    assert_int_equal(authorized->order.lifecycle, LIFECYCLE_PENDING);
    assert_int_equal(authorized->order.remaining_quantity_e8, 3 * E8);
    assert_true(event_touches(event, SERVICE_ORDERS, 0));
    assert_balance(buyer, "EUR", 1000 * E8 - 3011 * CENT, 3011 * CENT);
}

static void funds_suffice_to_the_cent(void **state)
{
    (void)state;
    struct command command = order(buyer, 1, SIDE_BUY, E8, 1000 * E8 + CENT);
    const struct event *event = ledger_command(&ledger, &command);
    assert_refused(event, "INSUFFICIENT_FUNDS", NULL);
    assert_balance(buyer, "EUR", 1000 * E8, 0);
    place(buyer, 1, SIDE_BUY, E8, 1000 * E8);
    assert_balance(buyer, "EUR", 0, 1000 * E8);
    command = order(seller, 2, SIDE_SELL, 101 * E8, CENT);
    assert_refused(ledger_command(&ledger, &command), "INSUFFICIENT_FUNDS", NULL);
    command = order(maker, 2, SIDE_SELL, 101 * E8, CENT);
    assert_refused(ledger_command(&ledger, &command), "INSUFFICIENT_BALANCE", NULL);
    place(maker, 2, SIDE_SELL, 100 * E8, CENT);
    assert_balance(maker, "CEA", 0, 100 * E8);
}

static void only_the_owner_trades_and_for_a_maker_only_staff(void **state)
{
    (void)state;
    struct command command = order(buyer, 1, SIDE_BUY, E8, E8);
    command.meta = command_by_user(COMMAND_PLACE_ORDER, seller).meta;
    assert_refused(ledger_command(&ledger, &command), "FORBIDDEN", NULL);
    command.place_order.account_id = id_of(77); /* whether it exists is not told */
    assert_refused(ledger_command(&ledger, &command), "FORBIDDEN", NULL);
    command = order(buyer, 1, SIDE_BUY, E8, E8);
    command.meta = command_by_operator(COMMAND_PLACE_ORDER).meta;
    assert_refused(ledger_command(&ledger, &command), "FORBIDDEN", NULL);
    command = order(maker, 1, SIDE_SELL, E8, E8);
    command.meta = command_by_user(COMMAND_PLACE_ORDER, maker).meta;
    assert_refused(ledger_command(&ledger, &command), "FORBIDDEN", NULL);
    enum role auditor[] = {ROLE_AUDITOR};
    command = order(buyer, 1, SIDE_BUY, E8, E8);
    command.meta.actor.roles = auditor;
    assert_refused(ledger_command(&ledger, &command), "FORBIDDEN", NULL);
    command = order(id_of(77), 1, SIDE_BUY, E8, E8);
    assert_refused(ledger_command(&ledger, &command), "NOT_FOUND", NULL);
}

/* Whose account it is says the ledger's record, not the token. */
static void nobody_trades_or_cancels_for_an_account_that_only_his_token_has(void **state)
{
    (void)state;
    struct command commands[] = {
        order(buyer, 1, SIDE_BUY, E8, E8),
        command_by_user(COMMAND_CANCEL_ORDERS, buyer),
        command_by_user(COMMAND_CLOSE_POSITIONS, buyer),
        command_by_user(COMMAND_REPLACE_ORDER, buyer),
    };
    commands[1].cancel_orders.account_id = buyer;
    commands[2].close_positions.account_id = buyer;
    commands[3].replace_order.account_id = buyer;
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        commands[i].meta.actor.user_id = id_of(3);
        assert_refused(ledger_command(&ledger, &commands[i]), "FORBIDDEN", NULL);
    }
    commands[0].meta.actor.user_id = id_of(2);
    assert_int_equal(ledger_command(&ledger, &commands[0])->kind, EVENT_ORDER_AUTHORIZED);
}

static void set_status(struct uuid account, enum account_status status)
{
    struct command command = command_by_operator(COMMAND_SET_ACCOUNT_STATUS);
    command.set_account_status.account_id = account;
    command.set_account_status.status = status;
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ACCOUNT_STATUS_CHANGED);
}

static void the_status_says_who_may_trade(void **state)
{
    (void)state;
    const struct event registered = {
        .kind = EVENT_USER_REGISTERED,
        .user_registered = {.user_id = id_of(2), .account_id = id_of(12)}};
    ledger_follow(&ledger, &registered);
    struct command command = order(id_of(12), 1, SIDE_BUY, E8, E8);
    assert_refused(ledger_command(&ledger, &command), "ACCOUNT_NOT_ACTIVE", NULL);
    set_status(buyer, ACCOUNT_STATUS_RESTRICTED);
    command = order(buyer, 1, SIDE_BUY, E8, E8);
    assert_refused(ledger_command(&ledger, &command), "ACCOUNT_RESTRICTED", NULL);
    set_status(seller, ACCOUNT_STATUS_RESTRICTED);
    place(seller, 1, SIDE_SELL, E8, E8); /* reduces */
    set_status(seller, ACCOUNT_STATUS_CLOSED);
    command = order(seller, 2, SIDE_SELL, E8, E8);
    assert_refused(ledger_command(&ledger, &command), "ACCOUNT_NOT_ACTIVE", NULL);
    command = order(maker, 3, SIDE_BUY, E8, E8);
    assert_refused(ledger_command(&ledger, &command), "MARKET_MAKER_SELL_ONLY", "side");
    struct command deactivate = command_by_operator(COMMAND_DEACTIVATE_MARKET_MAKER);
    deactivate.deactivate_market_maker.market_maker_id = maker;
    ledger_command(&ledger, &deactivate);
    command = order(maker, 3, SIDE_SELL, E8, E8);
    assert_refused(ledger_command(&ledger, &command), "MARKET_MAKER_INACTIVE", NULL);
}

static void a_client_order_id_is_used_once_in_an_accounts_life(void **state)
{
    (void)state;
    char text[ACCOUNTS_CLIENT_ORDER_ID_MAX + 1];
    memset(text, 'x', sizeof text);
    struct command command = order(buyer, 1, SIDE_BUY, E8, E8);
    command.place_order.has_client_order_id = true;
    command.place_order.client_order_id = (struct text){text, 0};
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "client_order_id");
    command.place_order.client_order_id.size = ACCOUNTS_CLIENT_ORDER_ID_MAX + 1;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "client_order_id");
    command.place_order.client_order_id.size = ACCOUNTS_CLIENT_ORDER_ID_MAX;
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ORDER_AUTHORIZED);
    const struct event refused = {.kind = EVENT_ORDER_REFUSED,
                                  .order_refused.order = {.id = cea(1), .account_id = buyer}};
    assert_int_equal(ledger_follow(&ledger, &refused)->kind, EVENT_HOLD_RELEASED);
    command.place_order.order_id = cea(2);
    assert_refused(ledger_command(&ledger, &command), "DUPLICATE_CLIENT_ORDER_ID",
                   "client_order_id");
    command = order(seller, 3, SIDE_SELL, E8, E8); /* another account may use it */
    command.place_order.has_client_order_id = true;
    command.place_order.client_order_id = (struct text){text, ACCOUNTS_CLIENT_ORDER_ID_MAX};
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ORDER_AUTHORIZED);
    command = order(seller, 3, SIDE_SELL, E8, E8);
    assert_refused(ledger_command(&ledger, &command), "DUPLICATE_CLIENT_ORDER_ID", "order_id");
}

static void an_order_names_an_instrument_that_is_there(void **state)
{
    (void)state;
    struct command command =
        limit_order(&ledger, order_id_of("XAU-EUR", 1), buyer, "XAU-EUR", SIDE_BUY, E8, E8);
    assert_refused(ledger_command(&ledger, &command), "INSTRUMENT_UNKNOWN", "instrument");
    command = order(buyer, 1, SIDE_BUY, E8, E8);
    command.place_order.order_id = order_id_of("EUA-EUR", 1); /* would lead to another book */
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "order_id");
}

static void a_limit_order_has_a_price_and_no_budget(void **state)
{
    (void)state;
    struct command command = order(buyer, 1, SIDE_BUY, 0, E8);
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "quantity");
    command = order(buyer, 1, SIDE_BUY, E8, 0);
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "limit_price");
    command.place_order.has_limit_price_e8 = false;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "limit_price");
    command = order(buyer, 1, SIDE_BUY, E8, E8);
    command.place_order.has_max_notional_e8 = true;
    command.place_order.max_notional_e8 = E8;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "max_notional");
    command = order(buyer, 1, SIDE_BUY, E8, E8);
    command.place_order.post_only = true;
    command.place_order.time_in_force = TIME_IN_FORCE_IOC;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "post_only");
    command.place_order.time_in_force = TIME_IN_FORCE_GTC;
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ORDER_AUTHORIZED);
}

static void a_market_buy_has_a_budget(void **state)
{
    (void)state;
    struct command command = order(buyer, 1, SIDE_BUY, 10 * E8, 0);
    command.place_order.type = ORDER_TYPE_MARKET;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "limit_price");
    command.place_order.has_limit_price_e8 = false;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "max_notional");
    command.place_order.has_max_notional_e8 = true;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "max_notional");
    command.place_order.max_notional_e8 = CENT / 10;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "max_notional");
    command.place_order.max_notional_e8 = 50 * E8;
    command.place_order.post_only = true;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "post_only");
    command.place_order.post_only = false;
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ORDER_AUTHORIZED);
    assert_balance(buyer, "EUR", 950 * E8, 50 * E8);
    command = order(seller, 2, SIDE_SELL, 10 * E8, 0);
    command.place_order.type = ORDER_TYPE_MARKET;
    command.place_order.has_limit_price_e8 = false;
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ORDER_AUTHORIZED);
    assert_balance(seller, "CEA", 90 * E8, 10 * E8);
}

static struct command stop(enum side side, enum order_type type)
{
    struct command command = order(side == SIDE_BUY ? buyer : seller, 1, side, 10 * E8, 0);
    struct place_order *terms = &command.place_order;
    terms->type = type;
    terms->has_limit_price_e8 = false;
    terms->has_stop_price_e8 = type != ORDER_TYPE_TRAILING_STOP;
    terms->stop_price_e8 = 9 * E8;
    terms->has_trail_amount_e8 = type == ORDER_TYPE_TRAILING_STOP;
    terms->trail_amount_e8 = E8;
    terms->has_max_notional_e8 = side == SIDE_BUY;
    terms->max_notional_e8 = 50 * E8;
    return command;
}

static void a_stop_holds_what_it_will_need(void **state)
{
    (void)state;
    set_fees(10, 25);
    struct command command = stop(SIDE_BUY, ORDER_TYPE_STOP);
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->kind, EVENT_ORDER_AUTHORIZED);
    assert_int_equal(event->order_authorized.order.stop_price_e8, 9 * E8);
    assert_int_equal(event->order_authorized.hold_e8, 50 * E8 + 13 * CENT);
    command = stop(SIDE_SELL, ORDER_TYPE_TRAILING_STOP);
    command.place_order.order_id = cea(2);
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ORDER_AUTHORIZED);
    assert_balance(seller, "CEA", 90 * E8, 10 * E8);
    command = stop(SIDE_BUY, ORDER_TYPE_STOP_LIMIT);
    command.place_order.order_id = cea(3);
    command.place_order.has_limit_price_e8 = true;
    command.place_order.limit_price_e8 = 9 * E8;
    command.place_order.has_max_notional_e8 = false;
    event = ledger_command(&ledger, &command);
    assert_int_equal(event->order_authorized.hold_e8, 90 * E8 + 23 * CENT);
}

/* Breaks one term of a good order: which field is blamed. */
static void each_type_has_its_own_terms(void **state)
{
    (void)state;
    struct command command = stop(SIDE_BUY, ORDER_TYPE_STOP);
    command.place_order.has_stop_price_e8 = false;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "stop_price");
    command = stop(SIDE_BUY, ORDER_TYPE_TAKE_PROFIT);
    command.place_order.stop_price_e8 = 0;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "stop_price");
    command = stop(SIDE_BUY, ORDER_TYPE_STOP);
    command.place_order.has_limit_price_e8 = true;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "limit_price");
    command = stop(SIDE_BUY, ORDER_TYPE_STOP_LIMIT);
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "limit_price");
    command = stop(SIDE_BUY, ORDER_TYPE_STOP);
    command.place_order.has_max_notional_e8 = false;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "max_notional");
    command = stop(SIDE_BUY, ORDER_TYPE_STOP);
    command.place_order.has_trail_amount_e8 = true;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "trail_amount");
    command = order(buyer, 1, SIDE_BUY, E8, E8);
    command.place_order.has_stop_price_e8 = true;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "stop_price");
    command = stop(SIDE_SELL, ORDER_TYPE_STOP);
    command.place_order.post_only = true;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "post_only");
    command = stop(SIDE_SELL, ORDER_TYPE_STOP);
    command.place_order.time_in_force = TIME_IN_FORCE_IOC;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "time_in_force");
}

static void a_trailing_stop_trails_by_an_amount_or_a_percentage(void **state)
{
    (void)state;
    struct command command = stop(SIDE_SELL, ORDER_TYPE_TRAILING_STOP);
    command.place_order.has_trail_percent_e8 = true;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "trail_amount");
    command.place_order.has_trail_amount_e8 = false;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "trail_percent");
    command.place_order.trail_percent_e8 = 100 * E8;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "trail_percent");
    command.place_order.trail_percent_e8 = 100 * E8 - 1;
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ORDER_AUTHORIZED);
    command = stop(SIDE_SELL, ORDER_TYPE_TRAILING_STOP);
    command.place_order.order_id = cea(2);
    command.place_order.trail_amount_e8 = 0;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "trail_amount");
}

static void day_ends_at_midnight_and_gtd_when_it_says(void **state)
{
    (void)state;
    struct command command = order(buyer, 1, SIDE_BUY, E8, E8);
    command.place_order.has_expires_at = true;
    command.place_order.expires_at = ledger.now_us + 1;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "expires_at");
    command.place_order.time_in_force = TIME_IN_FORCE_GTD;
    command.place_order.expires_at = ledger.now_us;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "expires_at");
    command.place_order.expires_at = TIME_MAX_US;
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->order_authorized.order.expires_at, TIME_MAX_US);
    command = order(buyer, 2, SIDE_BUY, E8, E8);
    command.place_order.time_in_force = TIME_IN_FORCE_DAY;
    event = ledger_command(&ledger, &command);
    assert_true(event->order_authorized.order.has_expires_at);
    assert_int_equal(event->order_authorized.order.expires_at % DAY_US, 0);
    assert_true(event->order_authorized.order.expires_at > ledger.now_us);
    assert_true(event->order_authorized.order.expires_at <= ledger.now_us + DAY_US);
}

static void a_worst_case_past_the_bound_is_refused(void **state)
{
    (void)state;
    struct command command = order(buyer, 1, SIDE_BUY, 1000000 * E8, INT64_MAX);
    assert_refused(ledger_command(&ledger, &command), "AMOUNT_RANGE", NULL);
    command = order(buyer, 1, SIDE_BUY, E8, ACCOUNTS_AMOUNT_MAX_E8 + 1);
    assert_refused(ledger_command(&ledger, &command), "AMOUNT_RANGE", NULL);
    command = order(buyer, 1, SIDE_BUY, E8, ACCOUNTS_AMOUNT_MAX_E8); /* in range, but not there */
    assert_refused(ledger_command(&ledger, &command), "INSUFFICIENT_FUNDS", NULL);
    place(maker, 1, SIDE_SELL, E8, ACCOUNTS_AMOUNT_MAX_E8 - E8);
    command = order(maker, 2, SIDE_SELL, E8, E8 + 1);
    assert_refused(ledger_command(&ledger, &command), "AMOUNT_RANGE", NULL);
    place(maker, 2, SIDE_SELL, E8, E8);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_ledger, close_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_order_holds_its_worst_case_and_waits_for_its_book),
        TEST(funds_suffice_to_the_cent),
        TEST(only_the_owner_trades_and_for_a_maker_only_staff),
        TEST(nobody_trades_or_cancels_for_an_account_that_only_his_token_has),
        TEST(the_status_says_who_may_trade),
        TEST(a_client_order_id_is_used_once_in_an_accounts_life),
        TEST(an_order_names_an_instrument_that_is_there),
        TEST(a_limit_order_has_a_price_and_no_budget),
        TEST(a_market_buy_has_a_budget),
        TEST(a_stop_holds_what_it_will_need),
        TEST(each_type_has_its_own_terms),
        TEST(a_trailing_stop_trails_by_an_amount_or_a_percentage),
        TEST(day_ends_at_midnight_and_gtd_when_it_says),
        TEST(a_worst_case_past_the_bound_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
