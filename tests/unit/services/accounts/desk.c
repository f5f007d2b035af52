#include "desk.h"
#include "refused.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct ledger ledger;
struct uuid buyer, seller, maker;

int open_ledger(void **state)
{
    (void)state;
    buyer = id_of(10);
    seller = id_of(11);
    maker = id_of(20);
    ledger_open(&ledger, 0, 1);
    ledger_open_account(&ledger, buyer);
    ledger_open_account(&ledger, seller);
    ledger_open_maker(&ledger, maker);
    ledger_deposit(&ledger, buyer, "EUR", 1000 * E8);
    ledger_deposit(&ledger, seller, "CEA", 100 * E8);
    ledger_deposit(&ledger, maker, "CEA", 100 * E8);
    return 0;
}

int close_ledger(void **state)
{
    (void)state;
    ledger_close(&ledger);
    return 0;
}

void assert_refused(const struct event *event, const char *code, const char *field)
{
    assert_refused_by(event, code);
    assert_int_equal(event->command_rejected.has_field, field != NULL);
    if (field != NULL)
        assert_true(text_is(event->command_rejected.field, field));
}

void assert_balance(struct uuid account, const char *asset, int64_t available_e8, int64_t locked_e8)
{
    const struct accounts_balance *balance = ledger_balance(&ledger, account, asset);
    assert_int_equal(balance->available_e8, available_e8);
    assert_int_equal(balance->locked_e8, locked_e8);
}

struct uuid cea(uint32_t number)
{
    return order_id_of("CEA-EUR", number);
}

struct command order(struct uuid account, uint32_t number, enum side side, int64_t quantity_e8,
                     int64_t price_e8)
{
    return limit_order(&ledger, cea(number), account, "CEA-EUR", side, quantity_e8, price_e8);
}

void place(struct uuid account, uint32_t number, enum side side, int64_t quantity_e8,
           int64_t price_e8)
{
    struct command command = order(account, number, side, quantity_e8, price_e8);
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ORDER_AUTHORIZED);
}

void set_fees(int32_t maker_bps, int32_t taker_bps)
{
    const struct event changed = {.kind = EVENT_INSTRUMENT_CHANGED,
                                  .instrument_changed.instrument = {.symbol = TEXT("CEA-EUR"),
                                                                    .base = TEXT("CEA"),
                                                                    .quote = TEXT("EUR"),
                                                                    .currency = TEXT("EUR"),
                                                                    .quote_scale = 2,
                                                                    .maker_fee_bps = maker_bps,
                                                                    .taker_fee_bps = taker_bps}};
    assert_int_equal(ledger_follow(&ledger, &changed)->kind, EVENT_INSTRUMENT_ADOPTED);
}
