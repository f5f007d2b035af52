/* Options: what their orders may do, and what becomes of contracts when they expire. */
#include "accounts/option.h"
#include "desk.h"
#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define CODE   "CEAC13"
#define SYMBOL "CEAC13-EUR"

static struct asset option;

static void adopt_instrument(void)
{
    ledger_follow(&ledger, &(struct event){.kind = EVENT_INSTRUMENT_CHANGED,
                                           .instrument_changed.instrument = {.symbol = TEXT(SYMBOL),
                                                                             .base = TEXT(CODE),
                                                                             .quote = TEXT("EUR"),
                                                                             .quote_scale = 2}});
}

static void adopt_asset(void)
{
    ledger_follow(&ledger,
                  &(struct event){.kind = EVENT_ASSET_CREATED, .asset_created.asset = option});
}

static int open_ledger_before_options(void **state)
{
    open_ledger(state);
    option = (struct asset){.code = TEXT(CODE),
                            .name = TEXT("CEA call at 13"),
                            .kind = ASSET_KIND_OPTION,
                            .has_underlying = true,
                            .underlying = TEXT("CEA-EUR"),
                            .has_strike_e8 = true,
                            .strike_e8 = 13 * E8,
                            .has_expires_at = true,
                            .expires_at = ledger.now_us + INT64_C(3600) * 1000000,
                            .has_right = true,
                            .right = OPTION_RIGHT_CALL,
                            .has_multiplier_e8 = true,
                            .multiplier_e8 = 100 * E8};
    return 0;
}

static int open_options(void **state)
{
    open_ledger_before_options(state);
    adopt_asset();
    adopt_instrument();
    ledger_deposit(&ledger, seller, CODE, 10 * E8);
    return 0;
}

static struct uuid option_order(uint32_t number)
{
    return order_id_of(SYMBOL, number);
}

static void place_option(struct uuid account, uint32_t number, enum side side, int64_t quantity_e8)
{
    struct command command =
        limit_order(&ledger, option_order(number), account, SYMBOL, side, quantity_e8, 50 * CENT);
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ORDER_AUTHORIZED);
}

/* The buyer gets contracts from the seller, whose order rests, at 0.50. */
static void trade(uint32_t buy, uint32_t sell, int64_t quantity_e8)
{
    struct fill fill = {.price_e8 = 50 * CENT, .quantity_e8 = quantity_e8};
    struct resting_fill resting = {
        .order_id = option_order(sell), .account_id = seller, .status = ORDER_STATUS_FILLED};
    place_option(seller, sell, SIDE_SELL, quantity_e8);
    place_option(buyer, buy, SIDE_BUY, quantity_e8);
    const struct event entered = {
        .kind = EVENT_ORDER_ENTERED,
        .order_entered = {
            .order = {.id = option_order(buy), .account_id = buyer, .status = ORDER_STATUS_FILLED},
            .fills = &fill,
            .fills_count = 1,
            .resting = &resting,
            .resting_count = 1}};
    assert_int_equal(ledger_follow(&ledger, &entered)->kind, EVENT_FILLS_SETTLED);
}

/* What a contract is worth; nobody is paid yet. */
static int64_t settle_at(int64_t price_e8)
{
    ledger.now_us = option.expires_at;
    const struct event expired = {.kind = EVENT_OPTION_EXPIRED,
                                  .option_expired = {.asset = option,
                                                     .instrument = TEXT(SYMBOL),
                                                     .settlement_price_e8 = price_e8}};
    const struct event *event = ledger_follow(&ledger, &expired);
    assert_int_equal(event->kind, EVENT_OPTION_SETTLED);
    assert_int_equal(event->option_settled.postings_count, 0);
    return event->option_settled.value_e8;
}

/* The next who are paid. NULL: nobody is. */
static const struct option_settled *pay(void)
{
    const struct event *event = ledger_time(&ledger);
    assert_true(event == NULL || event->kind == EVENT_OPTION_SETTLED);
    return event == NULL ? NULL : &event->option_settled;
}

static int64_t expire_at(int64_t price_e8)
{
    int64_t value_e8 = settle_at(price_e8);
    while (pay() != NULL)
        ;
    return value_e8;
}

static void assert_position(struct uuid account, int64_t quantity_e8, int64_t profit_e8)
{
    const struct accounts_position *position =
        accounts_position(accounts_account(ledger.state, account), TEXT(SYMBOL));
    assert_int_equal(position->quantity_e8, quantity_e8);
    assert_int_equal(position->realised_pnl_e8, profit_e8);
}

static void a_call_pays_what_the_price_is_above_its_strike(void **state)
{
    (void)state;
    trade(1, 2, 4 * E8);
    assert_int_equal(expire_at(1345 * CENT), 45 * E8); /* 0.45 * 100 a contract */
    assert_balance(buyer, CODE, 0, 0);
    assert_balance(buyer, "EUR", (1000 - 2 + 180) * E8, 0);
    assert_position(buyer, 0, 178 * E8);
    assert_balance(seller, CODE, 0, 0);
    assert_balance(seller, "EUR", (2 + 6 * 45) * E8, 0);
    assert_position(seller, 0, 0); /* its contracts had been deposited */
    assert_true(accounts_shard_at(ledger.state, TEXT(CODE))->external_e8 == 0);
}

static void a_put_pays_what_the_price_is_below_its_strike(void **state)
{
    (void)state;
    option.right = OPTION_RIGHT_PUT;
    assert_int_equal(expire_at(1299 * CENT), 1 * E8);
    assert_balance(seller, "EUR", 10 * E8, 0);
}

static void out_of_the_money_and_at_it_nothing_is_paid(void **state)
{
    (void)state;
    trade(1, 2, 4 * E8);
    assert_int_equal(expire_at(13 * E8), 0);
    assert_balance(buyer, CODE, 0, 0);
    assert_balance(buyer, "EUR", 998 * E8, 0);
    assert_position(buyer, 0, -2 * E8);
}

static void what_is_paid_is_rounded_half_to_even(void **state)
{
    (void)state;
    option.multiplier_e8 = 1 * E8;
    assert_int_equal(expire_at(13 * E8 + CENT / 20), CENT / 20); /* 10 * 0.0005 */
    assert_balance(seller, "EUR", 0, 0);                         /* 0.005 */
}

static void refuse_option(uint32_t number, struct uuid account)
{
    const struct event refused = {
        .kind = EVENT_ORDER_REFUSED,
        .order_refused.order = {.id = option_order(number), .account_id = account}};
    assert_int_equal(ledger_follow(&ledger, &refused)->kind, EVENT_HOLD_RELEASED);
}

/* Rounded once, however many orders held some of them. */
static void contracts_on_hold_are_paid_with_the_others_when_the_last_is_back(void **state)
{
    (void)state;
    option.multiplier_e8 = 1 * E8;
    place_option(seller, 1, SIDE_SELL, 3 * E8);
    place_option(seller, 2, SIDE_SELL, 2 * E8);
    place_option(buyer, 3, SIDE_BUY, 4 * E8);
    settle_at(13 * E8 + CENT * 3 / 20);
    assert_null(pay());
    refuse_option(1, seller);
    assert_null(pay());
    assert_balance(seller, CODE, 8 * E8, 2 * E8);
    refuse_option(2, seller);
    assert_non_null(pay());
    assert_null(pay());
    assert_balance(seller, CODE, 0, 0);
    assert_balance(seller, "EUR", 2 * CENT, 0); /* 10 * 0.0015 */
    refuse_option(3, buyer);
    assert_balance(buyer, "EUR", 1000 * E8, 0);
}

/* What one event comes to is far below what it may, whatever the names are. */
static void many_holders_are_paid_a_bounded_number_at_a_time(void **state)
{
    (void)state;
    enum { HOLDERS = 2 * ACCOUNTS_PAID_MAX + 1 }; /* and the seller is the last of them */
    for (uint32_t i = 1; i < HOLDERS; i++) {
        ledger_open_account(&ledger, id_of(1000 + i));
        ledger_deposit(&ledger, id_of(1000 + i), CODE, i * E8);
    }
    assert_int_equal(settle_at(14 * E8), 100 * E8);
    for (int i = 0; i < 2; i++) {
        const struct option_settled *settled = pay();
        assert_int_equal(settled->value_e8, 100 * E8);
        assert_int_equal(settled->balances_count, 2 * ACCOUNTS_PAID_MAX);
        assert_int_equal(settled->postings_count, 2 * ACCOUNTS_PAID_MAX + 2);
        assert_true(ledger.last_size < WIRE_VALUE_SIZE_MAX / 10);
    }
    assert_int_equal(pay()->balances_count, 2);
    assert_null(pay());
    for (uint32_t i = 1; i < HOLDERS; i++) {
        assert_balance(id_of(1000 + i), CODE, 0, 0);
        assert_balance(id_of(1000 + i), "EUR", 100 * i * E8, 0);
    }
}

/* A writer that begins from a snapshot between two events pays whom the one before it would have.
 */
static void who_is_left_is_paid_from_a_snapshot_too(void **state)
{
    (void)state;
    trade(1, 2, 4 * E8);
    ledger.place.piece_max = 1;
    settle_at(14 * E8);
    assert_int_equal(pay()->balances_count, 2);
    struct accounts_state *loaded = accounts_state_new(&ledger.place);
    struct buffer saved = ledger_saved(ledger.state);
    assert_int_equal(accounts_load(loaded, buffer_bytes(&saved)), OK);
    accounts_state_free(ledger.state);
    ledger.state = loaded;
    buffer_free(&saved);
    assert_int_equal(accounts_due_us(ledger.state), INT64_MIN);
    assert_int_equal(pay()->balances_count, 2);
    assert_null(pay());
    assert_balance(buyer, "EUR", (1000 - 2 + 400) * E8, 0);
    assert_balance(seller, "EUR", (2 + 600) * E8, 0);
}

static void an_absurd_value_stops_where_no_balance_may_go(void **state)
{
    (void)state;
    option.multiplier_e8 = 1000000 * E8;
    expire_at(INT64_MAX);
    const struct accounts_balance *balance = ledger_balance(&ledger, seller, "EUR");
    assert_true(balance->available_e8 <= ACCOUNTS_AMOUNT_MAX_E8);
    assert_true(balance->available_e8 > ACCOUNTS_AMOUNT_MAX_E8 - CENT);
}

static void what_has_expired_cannot_be_deposited(void **state)
{
    (void)state;
    expire_at(14 * E8);
    struct command command = command_by_operator(COMMAND_RECORD_ASSET_TRANSACTION);
    command.record_asset_transaction = (struct record_asset_transaction){
        .transaction_id = id_of(77), .account_id = seller, .asset = TEXT(CODE), .amount_e8 = E8};
    assert_refused(ledger_command(&ledger, &command), "ASSET_NOT_SUPPORTED", "asset");
}

static const struct event *with_effect(enum side side, enum position_effect effect,
                                       const char *symbol)
{
    static struct command command;
    command = limit_order(&ledger, order_id_of(symbol, 9), seller, symbol, side, E8, 50 * CENT);
    command.place_order.has_position_effect = true;
    command.place_order.position_effect = effect;
    return ledger_command(&ledger, &command);
}

static void nobody_sells_to_open_or_buys_to_close(void **state)
{
    (void)state;
    assert_refused(with_effect(SIDE_SELL, POSITION_EFFECT_SELL_TO_OPEN, SYMBOL),
                   "SHORT_NOT_SUPPORTED", "position_effect");
    assert_refused(with_effect(SIDE_BUY, POSITION_EFFECT_BUY_TO_CLOSE, SYMBOL),
                   "SHORT_NOT_SUPPORTED", "position_effect");
    assert_refused(with_effect(SIDE_SELL, POSITION_EFFECT_BUY_TO_OPEN, SYMBOL), "VALIDATION_FAILED",
                   "position_effect");
    assert_refused(with_effect(SIDE_BUY, POSITION_EFFECT_SELL_TO_CLOSE, SYMBOL),
                   "VALIDATION_FAILED", "position_effect");
    assert_refused(with_effect(SIDE_SELL, POSITION_EFFECT_SELL_TO_CLOSE, "CEA-EUR"),
                   "VALIDATION_FAILED", "position_effect");
    assert_int_equal(with_effect(SIDE_SELL, POSITION_EFFECT_SELL_TO_CLOSE, SYMBOL)->kind,
                     EVENT_ORDER_AUTHORIZED);
}

/* Two partitions of orders tell of them, and either may be heard first. */
static void an_option_is_not_traded_before_its_expiry_is_known(void **state)
{
    (void)state;
    adopt_instrument();
    struct command command =
        limit_order(&ledger, option_order(1), buyer, SYMBOL, SIDE_BUY, E8, 50 * CENT);
    assert_refused(ledger_command(&ledger, &command), "INSTRUMENT_UNKNOWN", "instrument");
    struct command close = command_by_user(COMMAND_CLOSE_POSITION, buyer);
    close.close_position = (struct close_position){
        .order_id = option_order(2), .account_id = buyer, .instrument = TEXT(SYMBOL)};
    assert_refused(ledger_command(&ledger, &close), "INSTRUMENT_UNKNOWN", "instrument");
    adopt_asset();
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->kind, EVENT_ORDER_AUTHORIZED);
    assert_int_equal(event->order_authorized.order.expires_at, option.expires_at);
}

static void what_a_close_leaves_expires_with_the_option(void **state)
{
    (void)state;
    struct command close = command_by_user(COMMAND_CLOSE_POSITION, seller);
    close.close_position = (struct close_position){
        .order_id = option_order(1), .account_id = seller, .instrument = TEXT(SYMBOL)};
    const struct event *event = ledger_command(&ledger, &close);
    assert_int_equal(event->kind, EVENT_ORDER_AUTHORIZED);
    assert_true(event->order_authorized.order.has_expires_at);
    assert_int_equal(event->order_authorized.order.expires_at, option.expires_at);
}

static void a_settled_ledger_replays_and_is_restored_the_same(void **state)
{
    (void)state;
    trade(1, 2, 4 * E8);
    expire_at(14 * E8);
    struct accounts_state *replayed = ledger_replayed(&ledger);
    struct buffer here = ledger_saved(ledger.state), there = ledger_saved(replayed);
    assert_true(bytes_equal(buffer_bytes(&here), buffer_bytes(&there)));
    struct accounts_state *loaded = accounts_state_new(&ledger.place);
    assert_int_equal(accounts_load(loaded, buffer_bytes(&here)), OK);
    assert_int_equal(accounts_asset(loaded, TEXT(CODE))->expires_at, option.expires_at);
    accounts_state_free(loaded);
    accounts_state_free(replayed);
    buffer_free(&here);
    buffer_free(&there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_call_pays_what_the_price_is_above_its_strike,
                                        open_options, close_ledger),
        cmocka_unit_test_setup_teardown(a_put_pays_what_the_price_is_below_its_strike, open_options,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(out_of_the_money_and_at_it_nothing_is_paid, open_options,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(what_is_paid_is_rounded_half_to_even, open_options,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(
            contracts_on_hold_are_paid_with_the_others_when_the_last_is_back, open_options,
            close_ledger),
        cmocka_unit_test_setup_teardown(many_holders_are_paid_a_bounded_number_at_a_time,
                                        open_options, close_ledger),
        cmocka_unit_test_setup_teardown(who_is_left_is_paid_from_a_snapshot_too, open_options,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(an_absurd_value_stops_where_no_balance_may_go, open_options,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(what_has_expired_cannot_be_deposited, open_options,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(nobody_sells_to_open_or_buys_to_close, open_options,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(an_option_is_not_traded_before_its_expiry_is_known,
                                        open_ledger_before_options, close_ledger),
        cmocka_unit_test_setup_teardown(what_a_close_leaves_expires_with_the_option, open_options,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(a_settled_ledger_replays_and_is_restored_the_same,
                                        open_options, close_ledger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
