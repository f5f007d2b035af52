/* Buys without a limit and a budget: what the price band makes of them. */
#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* CEA-EUR with a band of so many percent, and a mark where it is not 0. */
static void set_band(int64_t percent, int64_t mark_e8)
{
    const struct event changed = {
        .kind = EVENT_INSTRUMENT_CHANGED,
        .instrument_changed.instrument = {.symbol = TEXT("CEA-EUR"),
                                          .base = TEXT("CEA"),
                                          .quote = TEXT("EUR"),
                                          .currency = TEXT("EUR"),
                                          .quote_scale = 2,
                                          .price_band_percent_e8 = percent * E8,
                                          .has_mark_price_e8 = mark_e8 != 0,
                                          .mark_price_e8 = mark_e8}};
    assert_int_equal(ledger_follow(&ledger, &changed)->kind, EVENT_INSTRUMENT_ADOPTED);
}

/* A buy of 3 that has no limit; fires at `stop_e8` where it waits. */
static struct command buy(enum order_type type, int64_t stop_e8)
{
    struct command command = order(buyer, 1, SIDE_BUY, 3 * E8, 0);
    command.place_order.type = type;
    command.place_order.has_limit_price_e8 = false;
    command.place_order.has_stop_price_e8 = stop_e8 != 0;
    command.place_order.stop_price_e8 = stop_e8;
    return command;
}

static void assert_budget(const struct command *command, int64_t budget_e8)
{
    const struct event *event = ledger_command(&ledger, command);
    assert_int_equal(event->kind, EVENT_ORDER_AUTHORIZED);
    const struct order_authorized *authorized = &event->order_authorized;
    assert_true(authorized->order.has_max_notional_e8);
    assert_int_equal(authorized->order.max_notional_e8, budget_e8);
    assert_int_equal(authorized->hold_e8, budget_e8);
}

/* 3 at 10.01 and 5 percent: 31.5315, which euros have no coins for. */
static void a_market_buy_can_cost_what_the_edge_of_the_band_costs(void **state)
{
    (void)state;
    set_band(5, 1001 * CENT);
    const struct command command = buy(ORDER_TYPE_MARKET, 0);
    assert_budget(&command, 3154 * CENT);
}

static void a_budget_that_is_given_stays(void **state)
{
    (void)state;
    set_band(5, 10 * E8);
    struct command command = buy(ORDER_TYPE_MARKET, 0);
    command.place_order.has_max_notional_e8 = true;
    command.place_order.max_notional_e8 = 7 * E8;
    assert_budget(&command, 7 * E8);
}

static void without_a_band_or_a_price_a_buy_has_to_name_its_budget(void **state)
{
    (void)state;
    const struct command command = buy(ORDER_TYPE_MARKET, 0);
    set_band(5, 0);
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "max_notional");
    set_band(0, 10 * E8);
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "max_notional");
}

static void a_stop_can_cost_what_the_band_around_its_price_costs(void **state)
{
    (void)state;
    set_band(10, 0);
    const struct command command = buy(ORDER_TYPE_STOP, 20 * E8);
    assert_budget(&command, 66 * E8);
}

static void a_stop_that_is_crossed_already_fires_where_the_price_is(void **state)
{
    (void)state;
    set_band(10, 30 * E8);
    const struct command command = buy(ORDER_TYPE_STOP, 20 * E8);
    assert_budget(&command, 99 * E8);
}

static void a_take_profit_is_bought_at_its_price_or_below(void **state)
{
    (void)state;
    set_band(10, 30 * E8);
    const struct command command = buy(ORDER_TYPE_TAKE_PROFIT, 20 * E8);
    assert_budget(&command, 66 * E8);
}

static void a_trailing_stop_has_to_name_its_budget(void **state)
{
    (void)state;
    set_band(10, 30 * E8);
    struct command command = buy(ORDER_TYPE_TRAILING_STOP, 0);
    command.place_order.has_trail_amount_e8 = true;
    command.place_order.trail_amount_e8 = E8;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "max_notional");
}

static void a_budget_that_cannot_be_counted_is_none(void **state)
{
    (void)state;
    set_band(1000, INT64_MAX / 2);
    struct command command = buy(ORDER_TYPE_MARKET, 0);
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "max_notional");
    set_band(120, 8384883669870705281); /* a product just below 2^127 */
    command.place_order.quantity_e8 = 9223372036851775807;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "max_notional");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_ledger, close_ledger)
    const struct CMUnitTest tests[] = {
        TEST(a_market_buy_can_cost_what_the_edge_of_the_band_costs),
        TEST(a_budget_that_is_given_stays),
        TEST(without_a_band_or_a_price_a_buy_has_to_name_its_budget),
        TEST(a_stop_can_cost_what_the_band_around_its_price_costs),
        TEST(a_stop_that_is_crossed_already_fires_where_the_price_is),
        TEST(a_take_profit_is_bought_at_its_price_or_below),
        TEST(a_trailing_stop_has_to_name_its_budget),
        TEST(a_budget_that_cannot_be_counted_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
