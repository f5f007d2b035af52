/* Two orders of one account that meet and decrement: each holds exactly what is left of it. */
#include "ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char CEA_EUR[] = "CEA-EUR";

static void place(struct ledger *ledger, struct uuid account, uint32_t number, enum side side,
                  int64_t quantity_e8)
{
    struct command command = limit_order(ledger, order_id_of(CEA_EUR, number), account, CEA_EUR,
                                         side, quantity_e8, 10 * E8);
    command.place_order.self_trade = SELF_TRADE_DECREMENT;
    assert_int_equal(ledger_command(ledger, &command)->kind, EVENT_ORDER_AUTHORIZED);
}

static void enter(struct ledger *ledger, struct uuid account, uint32_t number,
                  enum order_status status, int64_t prevented_e8, bool ends_resting)
{
    struct prevented prevented = {
        .order_id = order_id_of(CEA_EUR, 1), .account_id = account, .quantity_e8 = prevented_e8};
    struct ended_order ended = {.order_id = prevented.order_id, .account_id = account};
    const struct event entered = {.kind = EVENT_ORDER_ENTERED,
                                  .order_entered = {.order = {.id = order_id_of(CEA_EUR, number),
                                                              .account_id = account,
                                                              .status = status,
                                                              .self_trade = SELF_TRADE_DECREMENT},
                                                    .prevented = &prevented,
                                                    .prevented_count = prevented_e8 > 0 ? 1 : 0,
                                                    .ended = &ended,
                                                    .ended_count = ends_resting ? 1 : 0}};
    assert_int_equal(ledger_follow(ledger, &entered)->kind, EVENT_FILLS_SETTLED);
}

static void assert_locked(const struct ledger *ledger, struct uuid account, int64_t cea_e8,
                          int64_t eur_e8)
{
    const struct accounts_balance *cea = ledger_balance(ledger, account, "CEA");
    const struct accounts_balance *eur = ledger_balance(ledger, account, "EUR");
    assert_int_equal(cea->locked_e8, cea_e8);
    assert_int_equal(cea->available_e8, 100 * E8 - cea_e8);
    assert_int_equal(eur->locked_e8, eur_e8);
    assert_int_equal(eur->available_e8, 1000 * E8 - eur_e8);
}

static void decremented_orders_hold_what_is_left_of_them(void **state)
{
    (void)state;
    struct ledger ledger;
    struct uuid account = id_of(10);
    ledger_open(&ledger, 0, 1);
    ledger_open_account(&ledger, account);
    ledger_deposit(&ledger, account, "CEA", 100 * E8);
    ledger_deposit(&ledger, account, "EUR", 1000 * E8);
    place(&ledger, account, 1, SIDE_SELL, 5 * E8);
    enter(&ledger, account, 1, ORDER_STATUS_OPEN, 0, false);
    assert_locked(&ledger, account, 5 * E8, 0);

    place(&ledger, account, 2, SIDE_BUY, 2 * E8); /* takes 2 of the 5, and ends */
    enter(&ledger, account, 2, ORDER_STATUS_CANCELED, 2 * E8, false);
    assert_locked(&ledger, account, 3 * E8, 0);

    place(&ledger, account, 3, SIDE_BUY, 4 * E8); /* takes the other 3, and rests with 1 */
    enter(&ledger, account, 3, ORDER_STATUS_OPEN, 3 * E8, true);
    assert_locked(&ledger, account, 0, 10 * E8);
    ledger_close(&ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decremented_orders_hold_what_is_left_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
