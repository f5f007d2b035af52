/* Fills and endings: postings, holds, positions; and the state as bytes. */
#include "base/murmur2.h"
#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The order entered its book without a trade. */
static const struct event *rest(struct uuid account, uint32_t number)
{
    const struct event entered = {.kind = EVENT_ORDER_ENTERED,
                                  .order_entered.order = {.id = cea(number),
                                                          .account_id = account,
                                                          .status = ORDER_STATUS_OPEN}};
    return ledger_follow(&ledger, &entered);
}

/* An order that waits for its trigger holds as before: it may still be a taker. */
static void what_waits_holds_at_the_higher_rate_until_it_is_in_its_book(void **state)
{
    (void)state;
    set_fees(10, 25);
    place(buyer, 1, SIDE_BUY, 10 * E8, 1000 * CENT);
    struct event entered = {.kind = EVENT_ORDER_ENTERED,
                            .order_entered.order = {.id = cea(1),
                                                    .account_id = buyer,
                                                    .trigger = TRIGGER_STATE_WAITING,
                                                    .status = ORDER_STATUS_PENDING}};
    const struct event *event = ledger_follow(&ledger, &entered);
    assert_false(event->fills_settled.orders[0].in_book);
    assert_balance(buyer, "EUR", 900 * E8 - 25 * CENT, 100 * E8 + 25 * CENT);
    entered.order_entered.order.trigger = TRIGGER_STATE_FIRED;
    entered.order_entered.order.status = ORDER_STATUS_OPEN;
    entered.order_entered.entry = ORDER_ENTRY_TRIGGERED;
    event = ledger_follow(&ledger, &entered);
    assert_true(event->fills_settled.orders[0].in_book);
    assert_balance(buyer, "EUR", 900 * E8 - 10 * CENT, 100 * E8 + 10 * CENT);
}

struct trade {
    struct uuid incoming_account, resting_account;
    uint32_t incoming, resting; /* numbers of orders */
    int64_t quantity_e8, price_e8;
    int64_t incoming_fee_e8, resting_fee_e8;
    enum order_status incoming_status, resting_status; /* behind it */
};

static const struct event *happen(const struct trade *trade)
{
    struct fill fill = {.price_e8 = trade->price_e8,
                        .quantity_e8 = trade->quantity_e8,
                        .fee_e8 = trade->incoming_fee_e8};
    struct resting_fill resting = {.order_id = cea(trade->resting),
                                   .account_id = trade->resting_account,
                                   .fee_e8 = trade->resting_fee_e8,
                                   .status = trade->resting_status};
    const struct event entered = {.kind = EVENT_ORDER_ENTERED,
                                  .order_entered = {.order = {.id = cea(trade->incoming),
                                                              .account_id = trade->incoming_account,
                                                              .status = trade->incoming_status},
                                                    .fills = &fill,
                                                    .fills_count = 1,
                                                    .resting = &resting,
                                                    .resting_count = 1}};
    const struct event *event = ledger_follow(&ledger, &entered);
    assert_int_equal(event->kind, EVENT_FILLS_SETTLED);
    return event;
}

static void a_trade_moves_both_sides_to_the_unit(void **state)
{
    (void)state;
    set_fees(10, 25);
    place(seller, 1, SIDE_SELL, 10 * E8, 1000 * CENT);
    rest(seller, 1);
    place(buyer, 2, SIDE_BUY, 4 * E8, 1200 * CENT); /* holds 48.00 + 0.12 */
    const struct event *event =
        happen(&(struct trade){.incoming_account = buyer,
                               .incoming = 2,
                               .incoming_status = ORDER_STATUS_FILLED,
                               .resting_account = seller,
                               .resting = 1,
                               .resting_status = ORDER_STATUS_PARTIALLY_FILLED,
                               .quantity_e8 = 4 * E8,
                               .price_e8 = 1000 * CENT,
                               .incoming_fee_e8 = 10 * CENT,
                               .resting_fee_e8 = 4 * CENT});
    assert_balance(buyer, "EUR", 1000 * E8 - 4010 * CENT, 0);
    assert_balance(buyer, "CEA", 4 * E8, 0);
    assert_balance(seller, "EUR", 3996 * CENT, 0);
    assert_balance(seller, "CEA", 90 * E8, 6 * E8);
    assert_true(accounts_shard_at(ledger.state, TEXT("EUR"))->house_e8 == 14 * CENT);
    assert_true(accounts_shard_at(ledger.state, TEXT("EUR"))->clearing_e8 == 0);
    assert_int_equal(event->fills_settled.orders_count, 2);
    assert_true(event->fills_settled.orders[0].closed);
    assert_int_equal(event->fills_settled.orders[1].hold_e8, 6 * E8);
    assert_null(accounts_order(ledger.state, cea(2)));
    assert_non_null(accounts_order(ledger.state, cea(1)));
}

static void a_market_makers_sale_becomes_proceeds_that_can_be_paid_out(void **state)
{
    (void)state;
    place(maker, 1, SIDE_SELL, 10 * E8, 500 * CENT);
    rest(maker, 1);
    place(buyer, 2, SIDE_BUY, 10 * E8, 500 * CENT);
    const struct event *event = happen(&(struct trade){.incoming_account = buyer,
                                                       .incoming = 2,
                                                       .incoming_status = ORDER_STATUS_FILLED,
                                                       .resting_account = maker,
                                                       .resting = 1,
                                                       .resting_status = ORDER_STATUS_FILLED,
                                                       .quantity_e8 = 10 * E8,
                                                       .price_e8 = 500 * CENT});
    assert_int_equal(event->fills_settled.proceeds_count, 1);
    assert_int_equal(event->fills_settled.proceeds[0].amount_e8, 50 * E8);
    assert_int_equal(event->fills_settled.positions_count, 1); /* a maker has none */
    assert_balance(maker, "EUR", 0, 0);
    assert_balance(maker, "CEA", 90 * E8, 0);

    struct command payout = command_by_operator(COMMAND_RECORD_ASSET_TRANSACTION);
    payout.record_asset_transaction =
        (struct record_asset_transaction){.account_id = maker,
                                          .asset = TEXT("EUR"),
                                          .type = TRANSACTION_TYPE_PAYOUT,
                                          .amount_e8 = 50 * E8 + CENT};
    assert_refused(ledger_command(&ledger, &payout), "INSUFFICIENT_BALANCE", "amount");
    payout.record_asset_transaction.amount_e8 = 50 * E8;
    event = ledger_command(&ledger, &payout);
    assert_int_equal(event->kind, EVENT_ASSET_TRANSACTION_RECORDED);
    assert_int_equal(event->asset_transaction_recorded.transaction.balance_before_e8, 50 * E8);
    assert_int_equal(event->asset_transaction_recorded.proceeds[0].amount_e8, 0);
}

static void what_rests_holds_the_makers_fee_rounded_up(void **state)
{
    (void)state;
    set_fees(10, 25);
    place(buyer, 1, SIDE_BUY, 3 * E8, 1001 * CENT);
    rest(buyer, 1); /* 0.1 % of 30.03 is 0.03003 */
    assert_balance(buyer, "EUR", 1000 * E8 - 3007 * CENT, 3007 * CENT);
    place(seller, 2, SIDE_SELL, E8, 1001 * CENT);
    happen(&(struct trade){.incoming_account = seller,
                           .incoming = 2,
                           .incoming_status = ORDER_STATUS_FILLED,
                           .resting_account = buyer,
                           .resting = 1,
                           .resting_status = ORDER_STATUS_PARTIALLY_FILLED,
                           .quantity_e8 = E8,
                           .price_e8 = 1001 * CENT,
                           .incoming_fee_e8 = 3 * CENT,
                           .resting_fee_e8 = CENT});
    assert_balance(buyer, "EUR", 1000 * E8 - 3007 * CENT, 2005 * CENT); /* 0.04 - 0.01 of fee */
    struct command unknown = order(buyer, 1, SIDE_BUY, E8, E8);
    assert_refused(ledger_command(&ledger, &unknown), "DUPLICATE_CLIENT_ORDER_ID", "order_id");
}

static void an_order_that_ends_gives_back_what_it_holds(void **state)
{
    (void)state;
    place(buyer, 1, SIDE_BUY, E8, 10 * E8);
    place(buyer, 2, SIDE_BUY, E8, 20 * E8);
    place(seller, 3, SIDE_SELL, E8, 30 * E8);
    const struct event refused = {.kind = EVENT_ORDER_REFUSED,
                                  .order_refused.order = {.id = cea(1), .account_id = buyer}};
    assert_int_equal(ledger_follow(&ledger, &refused)->kind, EVENT_HOLD_RELEASED);
    assert_balance(buyer, "EUR", 980 * E8, 20 * E8);
    struct order orders[] = {{.id = cea(2), .account_id = buyer},
                             {.id = cea(3), .account_id = seller}};
    const struct event canceled = {.kind = EVENT_ORDERS_CANCELED,
                                   .orders_canceled = {.orders = orders, .orders_count = 2}};
    const struct event *event = ledger_follow(&ledger, &canceled);
    assert_int_equal(event->hold_released.orders_count, 2);
    assert_true(event->hold_released.orders[0].closed);
    assert_balance(buyer, "EUR", 1000 * E8, 0);
    assert_balance(seller, "CEA", 100 * E8, 0);
    const struct event again = {.kind = EVENT_ORDER_CANCELED,
                                .order_canceled.order = {.id = cea(2), .account_id = buyer}};
    event = ledger_follow(&ledger, &again);
    assert_int_equal(event->kind, EVENT_HOLD_RELEASED);
    assert_int_equal(event->hold_released.orders_count, 0);
    assert_int_equal(ledger.state->orders.count, 0);
}

static void an_incoming_order_may_end_unfilled_and_end_others(void **state)
{
    (void)state;
    place(seller, 1, SIDE_SELL, 5 * E8, 10 * E8);
    rest(seller, 1);
    ledger_deposit(&ledger, seller, "EUR", 100 * E8);
    place(seller, 2, SIDE_BUY, 5 * E8, 10 * E8);
    struct ended_order ended = {.order_id = cea(1), .account_id = seller};
    const struct event entered = {
        .kind = EVENT_ORDER_ENTERED,
        .order_entered = {
            .order = {.id = cea(2), .account_id = seller, .status = ORDER_STATUS_CANCELED},
            .ended = &ended,
            .ended_count = 1}};
    const struct event *event = ledger_follow(&ledger, &entered);
    assert_int_equal(event->fills_settled.orders_count, 2);
    assert_int_equal(event->fills_settled.postings_count, 0);
    assert_balance(seller, "CEA", 100 * E8, 0);
    assert_balance(seller, "EUR", 100 * E8, 0);
}

/* It meets each of them twice: as what it fills, and as what ends with the rest. */
static void an_order_may_meet_many_and_settles_each_once(void **state)
{
    (void)state;
    enum { MANY = 20 };
    struct fill fills[MANY];
    struct resting_fill resting[MANY];
    struct ended_order ended[MANY];
    for (uint32_t i = 0; i < MANY; i++) {
        place(seller, 1 + i, SIDE_SELL, 2 * E8, 10 * E8);
        rest(seller, 1 + i);
        fills[i] = (struct fill){.price_e8 = 10 * E8, .quantity_e8 = E8};
        resting[i] = (struct resting_fill){
            .order_id = cea(1 + i), .account_id = seller, .status = ORDER_STATUS_PARTIALLY_FILLED};
        ended[i] = (struct ended_order){.order_id = cea(1 + i), .account_id = seller};
    }
    place(buyer, 99, SIDE_BUY, MANY * E8, 10 * E8);
    const struct event entered = {
        .kind = EVENT_ORDER_ENTERED,
        .order_entered = {
            .order = {.id = cea(99), .account_id = buyer, .status = ORDER_STATUS_FILLED},
            .fills = fills,
            .fills_count = MANY,
            .resting = resting,
            .resting_count = MANY,
            .ended = ended,
            .ended_count = MANY}};
    const struct event *event = ledger_follow(&ledger, &entered);
    assert_int_equal(event->fills_settled.orders_count, MANY + 1);
    for (size_t i = 0; i <= MANY; i++)
        assert_true(event->fills_settled.orders[i].closed);
    assert_int_equal(ledger.state->orders.count, 0);
    assert_balance(seller, "CEA", 80 * E8, 0);
    assert_balance(buyer, "CEA", MANY * E8, 0);
}

static void buy(uint32_t number, int64_t quantity_e8, int64_t price_e8)
{
    place(maker, number, SIDE_SELL, quantity_e8, price_e8);
    place(buyer, number + 1, SIDE_BUY, quantity_e8, price_e8);
    happen(&(struct trade){.incoming_account = buyer,
                           .incoming = number + 1,
                           .incoming_status = ORDER_STATUS_FILLED,
                           .resting_account = maker,
                           .resting = number,
                           .resting_status = ORDER_STATUS_FILLED,
                           .quantity_e8 = quantity_e8,
                           .price_e8 = price_e8});
}

static void positions_weigh_costs_and_realise_profit(void **state)
{
    (void)state;
    buy(1, 2 * E8, 10 * E8);
    buy(3, E8, 13 * E8); /* 3 for 33 */
    ledger_deposit(&ledger, buyer, "CEA", 2 * E8);
    ledger_deposit(&ledger, seller, "EUR", 500 * E8);
    const struct accounts_account *account = accounts_account(ledger.state, buyer);
    assert_int_equal(accounts_position(account, TEXT("CEA-EUR"))->cost_e8, 33 * E8);
    place(buyer, 5, SIDE_SELL, E8, 20 * E8);
    place(seller, 6, SIDE_BUY, E8, 20 * E8);
    struct trade trade = {.incoming_account = seller,
                          .incoming = 6,
                          .incoming_status = ORDER_STATUS_FILLED,
                          .resting_account = buyer,
                          .resting = 5,
                          .resting_status = ORDER_STATUS_FILLED,
                          .quantity_e8 = E8,
                          .price_e8 = 20 * E8};
    happen(&trade);
    const struct accounts_position *position = accounts_position(account, TEXT("CEA-EUR"));
    assert_int_equal(position->quantity_e8, 2 * E8);
    assert_int_equal(position->cost_e8, 22 * E8);
    assert_int_equal(position->realised_pnl_e8, 9 * E8);
    place(buyer, 7, SIDE_SELL, 4 * E8, 20 * E8); /* two of them came in as a deposit */
    place(seller, 8, SIDE_BUY, 4 * E8, 20 * E8);
    trade.resting = 7;
    trade.incoming = 8;
    trade.quantity_e8 = 4 * E8;
    happen(&trade);
    assert_int_equal(position->quantity_e8, 0);
    assert_int_equal(position->cost_e8, 0);
    assert_int_equal(position->realised_pnl_e8, 9 * E8 + 18 * E8);
}

/* Nobody is asked when a sale brings more than its limit said. */
static void what_no_balance_can_hold_of_a_sale_is_the_houses(void **state)
{
    (void)state;
    const int64_t most_e8 = ACCOUNTS_AMOUNT_MAX_E8 / E8 * E8;
    const struct uuid rich = id_of(50), buyers[] = {id_of(51), id_of(52)};
    ledger_open_account(&ledger, rich);
    ledger_deposit(&ledger, rich, "CEA", 2 * E8);
    ledger_deposit(&ledger, rich, "EUR", most_e8 - 2 * E8);
    for (uint32_t i = 0; i < COUNT_OF(buyers); i++) {
        ledger_open_account(&ledger, buyers[i]);
        ledger_deposit(&ledger, buyers[i], "EUR", most_e8);
        place(buyers[i], 20 + i, SIDE_BUY, E8, most_e8);
        rest(buyers[i], 20 + i);
        place(rich, 10 + i, SIDE_SELL, E8, E8);
    }
    for (uint32_t i = 0; i < COUNT_OF(buyers); i++) {
        const struct trade trade = {.incoming_account = rich,
                                    .resting_account = buyers[i],
                                    .incoming = 10 + i,
                                    .resting = 20 + i,
                                    .incoming_status = ORDER_STATUS_FILLED,
                                    .resting_status = ORDER_STATUS_FILLED,
                                    .quantity_e8 = E8,
                                    .price_e8 = most_e8};
        happen(&trade);
    }
    const int64_t held_e8 = INT64_MAX / E8 * E8;
    assert_balance(rich, "EUR", held_e8, 0);
    assert_true(accounts_shard_at(ledger.state, TEXT("EUR"))->house_e8 ==
                (__int128)3 * most_e8 - 2 * E8 - held_e8);
    const struct command more = order(rich, 30, SIDE_SELL, E8, E8);
    assert_refused(ledger_command(&ledger, &more), "AMOUNT_RANGE", NULL);
}

/* The first id from `number` on that lives in that one of two partitions. */
static struct uuid id_in(int32_t partition, uint32_t number)
{
    while (partition_of_hash(uuid_owner_hash(id_of(number)), 2) != partition)
        number++;
    return id_of(number);
}

static void a_partition_settles_its_own_accounts_only(void **state)
{
    (void)state;
    struct ledger second;
    ledger_open(&second, 1, 2);
    struct uuid here = id_in(1, 100), there = id_in(0, 100);
    ledger_open_account(&second, here);
    ledger_deposit(&second, here, "EUR", 100 * E8);
    struct command command = limit_order(&second, cea(1), here, "CEA-EUR", SIDE_BUY, E8, 10 * E8);
    assert_int_equal(ledger_command(&second, &command)->kind, EVENT_ORDER_AUTHORIZED);
    struct fill fill = {.price_e8 = 10 * E8, .quantity_e8 = E8};
    struct resting_fill resting = {
        .order_id = cea(2), .account_id = there, .status = ORDER_STATUS_FILLED};
    const struct event entered = {
        .kind = EVENT_ORDER_ENTERED,
        .order_entered = {
            .order = {.id = cea(1), .account_id = here, .status = ORDER_STATUS_FILLED},
            .fills = &fill,
            .fills_count = 1,
            .resting = &resting,
            .resting_count = 1}};
    const struct event *event = ledger_follow(&second, &entered);
    assert_int_equal(event->fills_settled.orders_count, 1);
    assert_int_equal(ledger_balance(&second, here, "CEA")->available_e8, E8);
    assert_true(accounts_shard_at(second.state, TEXT("CEA"))->clearing_e8 == -E8);
    assert_true(accounts_shard_at(second.state, TEXT("EUR"))->clearing_e8 == 10 * E8);
    ledger_close(&second);
}

static void saved_bytes_load_whole_or_not_at_all(void **state)
{
    (void)state;
    buy(1, 2 * E8, 10 * E8);
    place(buyer, 5, SIDE_BUY, E8, 10 * E8);
    struct buffer saved = ledger_saved(ledger.state);
    for (size_t size = 0; size <= saved.size; size++) {
        uint8_t *bytes = malloc(size + 1); /* of its own, so that a sanitizer sees the end */
        memcpy(bytes, saved.data, size);
        struct accounts_state *loaded = accounts_state_new(&ledger.place);
        enum err err = accounts_load(loaded, (struct bytes){bytes, size});
        assert_int_equal(err, size == saved.size ? OK : ERR_POISON);
        if (err == OK) {
            struct buffer again = ledger_saved(loaded);
            assert_true(bytes_equal(buffer_bytes(&saved), buffer_bytes(&again)));
            buffer_free(&again);
        }
        accounts_state_free(loaded);
        free(bytes);
    }
    buffer_free(&saved);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_ledger, close_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_waits_holds_at_the_higher_rate_until_it_is_in_its_book),
        TEST(a_trade_moves_both_sides_to_the_unit),
        TEST(an_order_may_meet_many_and_settles_each_once),
        TEST(a_market_makers_sale_becomes_proceeds_that_can_be_paid_out),
        TEST(what_rests_holds_the_makers_fee_rounded_up),
        TEST(an_order_that_ends_gives_back_what_it_holds),
        TEST(an_incoming_order_may_end_unfilled_and_end_others),
        TEST(positions_weigh_costs_and_realise_profit),
        TEST(what_no_balance_can_hold_of_a_sale_is_the_houses),
        TEST(a_partition_settles_its_own_accounts_only),
        TEST(saved_bytes_load_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
