/* What an order is held against: the venue's limits and the account's own. */
#include "base/time.h"
#include "decision/limits.h"
#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void set_venue(const struct risk_limits *limits)
{
    const struct event changed = {.kind = EVENT_VENUE_RULES_CHANGED,
                                  .venue_rules_changed.rules = {.limits = *limits, .version = 2}};
    assert_int_equal(ledger_follow(&ledger, &changed)->kind, EVENT_VENUE_RULES_ADOPTED);
}

static struct command own_limits(struct uuid account)
{
    struct command command = command_by_operator(COMMAND_SET_RISK_LIMITS);
    command.set_risk_limits.account_id = account;
    return command;
}

static void refuse(struct uuid account, enum side side, int64_t quantity_e8, int64_t price_e8,
                   const char *code)
{
    struct command command = order(account, 99, side, quantity_e8, price_e8);
    assert_refused(ledger_command(&ledger, &command), code, NULL);
}

static void an_order_is_limited_to_the_cent(void **state)
{
    (void)state;
    set_venue(&(struct risk_limits){.has_max_order_notional_e8 = true,
                                    .max_order_notional_e8 = 100 * E8});
    refuse(buyer, SIDE_BUY, 10 * E8, 1001 * CENT, "RISK_ORDER_LIMIT");
    place(buyer, 1, SIDE_BUY, 10 * E8, 1000 * CENT);
}

static void a_budget_is_what_a_market_order_counts_as(void **state)
{
    (void)state;
    set_venue(&(struct risk_limits){.has_max_order_notional_e8 = true,
                                    .max_order_notional_e8 = 100 * E8});
    struct command command = order(buyer, 1, SIDE_BUY, 10 * E8, 0);
    struct place_order *wanted = &command.place_order;
    wanted->type = ORDER_TYPE_MARKET;
    wanted->has_limit_price_e8 = false;
    wanted->has_max_notional_e8 = true;
    wanted->max_notional_e8 = 100 * E8 + CENT;
    assert_refused(ledger_command(&ledger, &command), "RISK_ORDER_LIMIT", NULL);
    wanted->max_notional_e8 = 100 * E8;
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ORDER_AUTHORIZED);
}

static void the_buys_of_a_day_add_up_until_midnight(void **state)
{
    (void)state;
    set_venue(&(struct risk_limits){.has_max_daily_notional_e8 = true,
                                    .max_daily_notional_e8 = 100 * E8});
    place(buyer, 1, SIDE_BUY, 6 * E8, 10 * E8);
    struct command command = order(buyer, 2, SIDE_BUY, E8, 40 * E8 + CENT);
    const struct event *event = ledger_command(&ledger, &command);
    assert_refused(event, "RISK_DAILY_LIMIT", NULL);
    struct text told = event->command_rejected.message;
    char *sentence = strndup(told.data, told.size);
    assert_non_null(strstr(sentence, " 40.00 are left"));
    char midnight[TIME_TEXT_SIZE + 1] = "";
    time_print(time_day_start(ledger.now_us) + DAY_US, midnight);
    assert_non_null(strstr(sentence, midnight));
    free(sentence);
    place(buyer, 2, SIDE_BUY, E8, 40 * E8);
    refuse(buyer, SIDE_BUY, E8, CENT, "RISK_DAILY_LIMIT");
    ledger.now_us = time_day_start(ledger.now_us) + DAY_US - 2; /* the next turn is 1 later */
    refuse(buyer, SIDE_BUY, E8, CENT, "RISK_DAILY_LIMIT");
    place(buyer, 3, SIDE_BUY, E8, 100 * E8);
}

static void what_was_authorised_counts_whatever_becomes_of_it(void **state)
{
    (void)state;
    set_venue(&(struct risk_limits){.has_max_daily_notional_e8 = true,
                                    .max_daily_notional_e8 = 100 * E8});
    place(buyer, 1, SIDE_BUY, 6 * E8, 10 * E8);
    const struct event canceled = {.kind = EVENT_ORDER_CANCELED,
                                   .order_canceled.order = {.id = cea(1), .account_id = buyer}};
    (void)ledger_follow(&ledger, &canceled);
    refuse(buyer, SIDE_BUY, E8, 41 * E8, "RISK_DAILY_LIMIT");
}

static void an_authorised_buy_says_what_the_day_has_come_to(void **state)
{
    (void)state;
    place(buyer, 1, SIDE_BUY, 6 * E8, 10 * E8);
    struct command command = order(buyer, 2, SIDE_BUY, E8, 40 * E8);
    const struct event *event = ledger_command(&ledger, &command);
    assert_true(event->order_authorized.has_daily_notional_e8);
    assert_int_equal(event->order_authorized.daily_notional_e8, 100 * E8);
    command = order(seller, 3, SIDE_SELL, E8, 40 * E8);
    assert_false(ledger_command(&ledger, &command)->order_authorized.has_daily_notional_e8);
}

static void open_orders_are_counted_those_on_their_way_too(void **state)
{
    (void)state;
    set_venue(&(struct risk_limits){.has_max_open_orders = true, .max_open_orders = 2});
    place(buyer, 1, SIDE_BUY, E8, E8);
    place(buyer, 2, SIDE_BUY, E8, E8);
    refuse(buyer, SIDE_BUY, E8, E8, "RISK_OPEN_ORDERS");
    const struct event canceled = {.kind = EVENT_ORDER_CANCELED,
                                   .order_canceled.order = {.id = cea(1), .account_id = buyer}};
    (void)ledger_follow(&ledger, &canceled);
    place(buyer, 3, SIDE_BUY, E8, E8);
}

static void no_account_has_more_open_orders_than_one_event_can_tell_of(void **state)
{
    (void)state;
    place(buyer, 1, SIDE_BUY, E8, E8);
    struct accounts_account *account = accounts_account(ledger.state, buyer);
    account->orders_count += ACCOUNTS_OPEN_ORDERS_MAX - 2; /* as if they were there */
    place(buyer, 2, SIDE_BUY, E8, E8);
    refuse(buyer, SIDE_BUY, E8, E8, "RISK_OPEN_ORDERS");
    account->orders_count -= ACCOUNTS_OPEN_ORDERS_MAX - 2;
}

static void a_sale_passes_all_but_the_number_of_open_orders(void **state)
{
    (void)state;
    set_venue(&(struct risk_limits){.has_max_order_notional_e8 = true,
                                    .has_max_daily_notional_e8 = true,
                                    .has_max_concentration_percent_e8 = true,
                                    .has_max_open_orders = true,
                                    .max_open_orders = 1});
    place(seller, 1, SIDE_SELL, 100 * E8, 10 * E8);
    refuse(seller, SIDE_SELL, E8, E8, "RISK_OPEN_ORDERS");
}

/* An instrument against EUR, marked where `mark_e8` is not 0. */
static void change_instrument(const char *base, const char *symbol, int64_t mark_e8)
{
    const struct event changed = {
        .kind = EVENT_INSTRUMENT_CHANGED,
        .instrument_changed.instrument = {.symbol = text_of(symbol),
                                          .base = text_of(base),
                                          .quote = TEXT("EUR"),
                                          .currency = TEXT("EUR"),
                                          .quote_scale = 2,
                                          .has_mark_price_e8 = mark_e8 != 0,
                                          .mark_price_e8 = mark_e8}};
    assert_int_equal(ledger_follow(&ledger, &changed)->kind, EVENT_INSTRUMENT_ADOPTED);
}

static void trade_at(const char *symbol, int64_t last_e8)
{
    struct price price = {
        .instrument = text_of(symbol), .has_last_price_e8 = true, .last_price_e8 = last_e8};
    const struct event moved = {.kind = EVENT_PRICES_MOVED,
                                .prices_moved = {.prices = &price, .prices_count = 1}};
    const struct event *event = ledger_follow(&ledger, &moved);
    assert_int_equal(event->kind, EVENT_PRICES_ADOPTED);
    assert_int_equal(event->prices_adopted.prices_count, 1);
}

static void limit_concentration(int64_t percent)
{
    set_venue(&(struct risk_limits){.has_max_concentration_percent_e8 = true,
                                    .max_concentration_percent_e8 = percent * E8});
}

/* 1000 EUR: at 10 EUR, 40 pieces are 40 percent. */
static void a_buy_may_take_so_much_of_what_there_is(void **state)
{
    (void)state;
    limit_concentration(40);
    refuse(buyer, SIDE_BUY, 41 * E8, 10 * E8, "RISK_CONCENTRATION");
    place(buyer, 1, SIDE_BUY, 40 * E8, 10 * E8);
    refuse(buyer, SIDE_BUY, E8, 10 * E8, "RISK_CONCENTRATION"); /* the open buy counts */
}

static void a_replace_that_is_under_way_counts_as_done(void **state)
{
    (void)state;
    limit_concentration(40);
    place(buyer, 1, SIDE_BUY, E8, 10 * E8);
    struct command command = command_by_user(COMMAND_REPLACE_ORDER, buyer);
    command.replace_order = (struct replace_order){
        .order_id = cea(1), .account_id = buyer, .has_quantity_e8 = true, .quantity_e8 = 40 * E8};
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_REPLACE_AUTHORIZED);
    refuse(buyer, SIDE_BUY, E8, 10 * E8, "RISK_CONCENTRATION");
}

/* 20 pieces of 10 EUR were there; the mark says 20, and then the mark counts: 400 of 1400. */
static void what_is_held_counts_at_its_mark_before_its_last_price(void **state)
{
    (void)state;
    ledger_deposit(&ledger, buyer, "CEA", 20 * E8);
    trade_at("CEA-EUR", 10 * E8);
    limit_concentration(25); /* 200 of 1200, and with 10 more 300 of 1200 */
    refuse(buyer, SIDE_BUY, 11 * E8, 10 * E8, "RISK_CONCENTRATION");
    change_instrument("CEA", "CEA-EUR", 20 * E8);
    refuse(buyer, SIDE_BUY, E8, 10 * E8, "RISK_CONCENTRATION");
    trade_at("CEA-EUR", 5 * E8); /* it is marked: this says nothing */
    refuse(buyer, SIDE_BUY, E8, 10 * E8, "RISK_CONCENTRATION");
    change_instrument("CEA", "CEA-EUR", 10 * E8);
    place(buyer, 1, SIDE_BUY, 10 * E8, 10 * E8);
}

static void other_holdings_count_in_the_currency_that_they_trade_for(void **state)
{
    (void)state;
    limit_concentration(20);
    ledger_deposit(&ledger, buyer, "USD", 10000 * E8); /* is not converted */
    refuse(buyer, SIDE_BUY, 30 * E8, 10 * E8, "RISK_CONCENTRATION");
    ledger_deposit(&ledger, buyer, "EUA", 50 * E8);
    change_instrument("EUA", "EUA-EUR", 10 * E8); /* 300 of 1500 */
    place(buyer, 1, SIDE_BUY, 30 * E8, 10 * E8);
}

static void a_holding_without_a_price_refuses_what_has_to_be_weighed(void **state)
{
    (void)state;
    ledger_deposit(&ledger, buyer, "EUA", 50 * E8);
    place(buyer, 1, SIDE_BUY, E8, 10 * E8); /* no limit, so nothing to weigh */
    limit_concentration(100);
    refuse(buyer, SIDE_BUY, E8, 10 * E8, "RISK_DATA_UNAVAILABLE");
    trade_at("EUA-EUR", 10 * E8);
    place(buyer, 2, SIDE_BUY, E8, 10 * E8);
}

/* Its own price is the order's limit; an order without one cannot be weighed. */
static void the_ordered_instrument_without_a_price_counts_at_the_limit(void **state)
{
    (void)state;
    limit_concentration(40);
    place(buyer, 1, SIDE_BUY, 40 * E8, 10 * E8);
    struct command command = order(buyer, 2, SIDE_BUY, E8, 0);
    command.place_order.type = ORDER_TYPE_MARKET;
    command.place_order.has_limit_price_e8 = false;
    command.place_order.has_max_notional_e8 = true;
    command.place_order.max_notional_e8 = E8;
    assert_refused(ledger_command(&ledger, &command), "RISK_DATA_UNAVAILABLE", NULL);
}

static void amounts_that_cannot_be_multiplied_are_refused(void **state)
{
    (void)state;
    limit_concentration(40);
    ledger_deposit(&ledger, buyer, "CEA", (INT64_C(1) << 61) / E8 * E8);
    trade_at("CEA-EUR", INT64_MAX);
    refuse(buyer, SIDE_BUY, E8, 10 * E8, "AMOUNT_RANGE");
}

static void the_first_check_that_fails_is_told(void **state)
{
    (void)state;
    struct risk_limits limits = {.has_max_order_notional_e8 = true,
                                 .has_max_daily_notional_e8 = true,
                                 .has_max_concentration_percent_e8 = true,
                                 .has_max_open_orders = true};
    set_venue(&limits);
    refuse(buyer, SIDE_BUY, 1000 * E8, 1000 * E8, "RISK_ORDER_LIMIT");
    limits.has_max_order_notional_e8 = false;
    set_venue(&limits);
    refuse(buyer, SIDE_BUY, 1000 * E8, 1000 * E8, "RISK_DAILY_LIMIT");
    limits.has_max_daily_notional_e8 = false;
    set_venue(&limits);
    refuse(buyer, SIDE_BUY, 1000 * E8, 1000 * E8, "RISK_CONCENTRATION");
    limits.has_max_concentration_percent_e8 = false;
    set_venue(&limits);
    refuse(buyer, SIDE_BUY, 1000 * E8, 1000 * E8, "RISK_OPEN_ORDERS");
    limits.has_max_open_orders = false;
    set_venue(&limits);
    refuse(buyer, SIDE_BUY, 1000 * E8, 1000 * E8, "INSUFFICIENT_FUNDS");
}

static void an_account_has_its_own_limit_in_place_of_the_venues(void **state)
{
    (void)state;
    set_venue(&(struct risk_limits){.has_max_order_notional_e8 = true,
                                    .max_order_notional_e8 = 100 * E8});
    struct command command = own_limits(buyer);
    command.set_risk_limits.has_max_order_notional_e8 = true;
    command.set_risk_limits.max_order_notional_e8 = 200 * E8;
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->kind, EVENT_RISK_LIMITS_SET);
    assert_int_equal(event->risk_limits_set.version, 2);
    place(buyer, 1, SIDE_BUY, 20 * E8, 10 * E8);
    command = own_limits(buyer); /* none of its own: the venue's again */
    assert_int_equal(ledger_command(&ledger, &command)->risk_limits_set.version, 3);
    refuse(buyer, SIDE_BUY, 20 * E8, 10 * E8, "RISK_ORDER_LIMIT");
}

static void limits_are_set_by_staff_from_the_version_that_they_saw(void **state)
{
    (void)state;
    struct command command = own_limits(buyer);
    command.meta = command_by_user(COMMAND_SET_RISK_LIMITS, buyer).meta;
    assert_refused(ledger_command(&ledger, &command), "FORBIDDEN", NULL);
    command = own_limits(id_of(77));
    assert_refused(ledger_command(&ledger, &command), "NOT_FOUND", NULL);
    command = own_limits(buyer);
    command.set_risk_limits.has_if_version = true;
    command.set_risk_limits.if_version = 2;
    assert_refused(ledger_command(&ledger, &command), "VERSION_CONFLICT", NULL);
    command.set_risk_limits.if_version = 1;
    command.set_risk_limits.has_max_open_orders = true;
    command.set_risk_limits.max_open_orders = -1;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "max_open_orders");
    command.set_risk_limits.max_open_orders = 0;
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_RISK_LIMITS_SET);
}

/* Limits and what is counted against them outlive a snapshot. */
static void a_saved_ledger_goes_on_with_the_limits(void **state)
{
    (void)state;
    set_venue(&(struct risk_limits){.has_max_daily_notional_e8 = true,
                                    .max_daily_notional_e8 = 100 * E8});
    place(buyer, 1, SIDE_BUY, 6 * E8, 10 * E8);
    struct buffer saved = ledger_saved(ledger.state);
    struct accounts_state *loaded = accounts_state_new(&ledger.place);
    assert_int_equal(accounts_load(loaded, buffer_bytes(&saved)), OK);
    buffer_free(&saved);
    accounts_state_free(ledger.state);
    ledger.state = loaded;
    refuse(buyer, SIDE_BUY, E8, 41 * E8, "RISK_DAILY_LIMIT");
    place(buyer, 2, SIDE_BUY, E8, 40 * E8);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_ledger, close_ledger)
    const struct CMUnitTest tests[] = {
        TEST(an_order_is_limited_to_the_cent),
        TEST(a_budget_is_what_a_market_order_counts_as),
        TEST(the_buys_of_a_day_add_up_until_midnight),
        TEST(what_was_authorised_counts_whatever_becomes_of_it),
        TEST(an_authorised_buy_says_what_the_day_has_come_to),
        TEST(open_orders_are_counted_those_on_their_way_too),
        TEST(no_account_has_more_open_orders_than_one_event_can_tell_of),
        TEST(a_sale_passes_all_but_the_number_of_open_orders),
        TEST(a_buy_may_take_so_much_of_what_there_is),
        TEST(a_replace_that_is_under_way_counts_as_done),
        TEST(what_is_held_counts_at_its_mark_before_its_last_price),
        TEST(other_holdings_count_in_the_currency_that_they_trade_for),
        TEST(a_holding_without_a_price_refuses_what_has_to_be_weighed),
        TEST(the_ordered_instrument_without_a_price_counts_at_the_limit),
        TEST(amounts_that_cannot_be_multiplied_are_refused),
        TEST(the_first_check_that_fails_is_told),
        TEST(an_account_has_its_own_limit_in_place_of_the_venues),
        TEST(limits_are_set_by_staff_from_the_version_that_they_saw),
        TEST(a_saved_ledger_goes_on_with_the_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
