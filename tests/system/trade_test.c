/* A trade through all four services, on one partition and on three. */
#include "books.h"
#include "commands.h"
#include "ledger.h"
#include "transcript.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const int32_t PARTITION_COUNTS[] = {1, 3};

#define CENTS(count) ((count) * (E8 / 100))

/* A market maker with 1,000 CEA and a client with 10,000 EUR. */
struct floor {
    struct venue *venue;
    struct venue_client maker, client;
};

static struct floor open_floor(int32_t partitions)
{
    struct floor floor = {.venue = venue_new(partitions)};
    struct venue *venue = floor.venue;
    venue_appoint(venue);
    (void)venue_create_maker(venue, 1000 * E8, &floor.maker);
    (void)venue_register(venue, 1, &floor.client);
    venue_settle(venue);
    (void)venue_set_status(venue, floor.client.account_id, ACCOUNT_STATUS_ACTIVE);
    (void)venue_book(venue, floor.client.account_id, TRANSACTION_TYPE_DEPOSIT, TEXT("EUR"),
                     10000 * E8);
    venue_settle(venue);
    return floor;
}

static void assert_balance(const struct venue *venue, const struct venue_client *client,
                           struct text asset, int64_t available_e8, int64_t locked_e8)
{
    struct venue_balance balance = venue_balance(venue, client->account_id, asset);
    assert_int_equal(balance.available_e8, available_e8);
    assert_int_equal(balance.locked_e8, locked_e8);
}

/* Nothing was lost, doubled or left hanging. */
static void close_floor(struct floor *floor)
{
    venue_check(floor->venue);
    venue_free(floor->venue);
}

static void a_trade_settles_both_sides_to_the_unit(int32_t partitions)
{
    struct floor floor = open_floor(partitions);
    struct uuid sale, purchase;
    (void)venue_limit(floor.venue, &floor.maker, SIDE_SELL, 400 * E8, CENTS(1250), &sale);
    venue_settle(floor.venue);
    assert_balance(floor.venue, &floor.maker, TEXT("CEA"), 600 * E8, 400 * E8);

    struct uuid command =
        venue_limit(floor.venue, &floor.client, SIDE_BUY, 150 * E8, CENTS(1300), &purchase);
    venue_settle(floor.venue);

    venue_check_answer(floor.venue, command, EVENT_ORDER_ENTERED, NULL);
    assert_balance(floor.venue, &floor.client, TEXT("EUR"), 8125 * E8, 0);
    assert_balance(floor.venue, &floor.client, TEXT("CEA"), 150 * E8, 0);
    assert_balance(floor.venue, &floor.maker, TEXT("CEA"), 600 * E8, 250 * E8);
    assert_int_equal(venue_balance(floor.venue, floor.maker.account_id, TEXT("EUR")).due_e8,
                     1875 * E8);
    assert_int_equal(venue_position_e8(floor.venue, floor.client.account_id, TEXT("CEA-EUR")),
                     150 * E8);
    assert_int_equal(venue_open_count(floor.venue), 1);
    close_floor(&floor);
}

static void a_cancel_gives_back_what_still_rests(int32_t partitions)
{
    struct floor floor = open_floor(partitions);
    struct uuid sale, purchase;
    (void)venue_limit(floor.venue, &floor.maker, SIDE_SELL, 100 * E8, CENTS(1000), &sale);
    venue_settle(floor.venue);
    (void)venue_limit(floor.venue, &floor.client, SIDE_BUY, 300 * E8, CENTS(1000), &purchase);
    venue_settle(floor.venue);
    assert_balance(floor.venue, &floor.client, TEXT("EUR"), 7000 * E8, 2000 * E8);

    struct uuid command = venue_cancel(floor.venue, &floor.client, purchase);
    struct uuid again = venue_cancel(floor.venue, &floor.client, purchase);
    struct uuid strangers = venue_cancel(floor.venue, &floor.client, sale);
    venue_settle(floor.venue);

    venue_check_answer(floor.venue, command, EVENT_ORDER_CANCELED, NULL);
    venue_check_answer(floor.venue, again, EVENT_ORDER_CANCELED, NULL);
    venue_check_answer(floor.venue, strangers, EVENT_COMMAND_REJECTED, "NOT_FOUND");
    assert_balance(floor.venue, &floor.client, TEXT("EUR"), 9000 * E8, 0);
    close_floor(&floor);
}

static void a_refused_order_holds_nothing(int32_t partitions)
{
    struct floor floor = open_floor(partitions);
    struct uuid order;
    struct uuid off_tick = venue_limit(floor.venue, &floor.client, SIDE_BUY, E8, 1, &order);
    struct uuid too_dear =
        venue_limit(floor.venue, &floor.client, SIDE_BUY, 1001 * E8, CENTS(1000), &order);
    struct uuid bought = venue_limit(floor.venue, &floor.maker, SIDE_BUY, E8, CENTS(1000), &order);
    struct uuid unfillable = venue_place(floor.venue, &floor.client,
                                         &(struct place_order){.side = SIDE_BUY,
                                                               .type = ORDER_TYPE_LIMIT,
                                                               .time_in_force = TIME_IN_FORCE_FOK,
                                                               .quantity_e8 = 10 * E8,
                                                               .has_limit_price_e8 = true,
                                                               .limit_price_e8 = CENTS(1000)},
                                         &order);
    venue_settle(floor.venue);

    venue_check_answer(floor.venue, off_tick, EVENT_ORDER_REFUSED, "TICK_SIZE");
    venue_check_answer(floor.venue, too_dear, EVENT_COMMAND_REJECTED, "INSUFFICIENT_FUNDS");
    venue_check_answer(floor.venue, bought, EVENT_COMMAND_REJECTED, "MARKET_MAKER_SELL_ONLY");
    venue_check_answer(floor.venue, unfillable, EVENT_ORDER_REFUSED, "FOK_NOT_FILLABLE");
    assert_balance(floor.venue, &floor.client, TEXT("EUR"), 10000 * E8, 0);
    assert_int_equal(venue_holds_count(floor.venue), 0);
    close_floor(&floor);
}

static void a_market_maker_leaves_with_its_orders(int32_t partitions)
{
    struct floor floor = open_floor(partitions);
    struct uuid order;
    (void)venue_limit(floor.venue, &floor.maker, SIDE_SELL, 100 * E8, CENTS(1000), &order);
    (void)venue_limit(floor.venue, &floor.maker, SIDE_SELL, 200 * E8, CENTS(1100), &order);
    venue_settle(floor.venue);

    struct uuid refused = venue_deactivate(floor.venue, &floor.maker, false);
    venue_settle(floor.venue);
    venue_check_answer(floor.venue, refused, EVENT_COMMAND_REJECTED,
                       "MARKET_MAKER_HAS_OPEN_ORDERS");
    struct uuid done = venue_deactivate(floor.venue, &floor.maker, true);
    venue_settle(floor.venue);
    struct uuid late =
        venue_limit(floor.venue, &floor.maker, SIDE_SELL, 100 * E8, CENTS(1000), &order);
    venue_settle(floor.venue);

    venue_check_answer(floor.venue, done, EVENT_MARKET_MAKER_DEACTIVATED, NULL);
    venue_check_answer(floor.venue, late, EVENT_COMMAND_REJECTED, "MARKET_MAKER_INACTIVE");
    assert_balance(floor.venue, &floor.maker, TEXT("CEA"), 1000 * E8, 0);
    assert_int_equal(venue_open_count(floor.venue), 0);
    close_floor(&floor);
}

/* Orders that the deactivation names may be on their way into the book or out of it. */
static void a_market_maker_leaves_amid_its_orders(int32_t partitions)
{
    struct floor floor = open_floor(partitions);
    struct uuid order, sale;
    (void)venue_limit(floor.venue, &floor.maker, SIDE_SELL, 100 * E8, CENTS(1000), &sale);
    venue_settle(floor.venue);
    (void)venue_limit(floor.venue, &floor.maker, SIDE_SELL, 200 * E8, CENTS(1100), &order);
    (void)venue_limit(floor.venue, &floor.client, SIDE_BUY, 50 * E8, CENTS(1000), &order);
    (void)venue_cancel(floor.venue, &floor.maker, sale);
    (void)venue_deactivate(floor.venue, &floor.maker, true);
    venue_settle(floor.venue);

    struct venue_balance cea = venue_balance(floor.venue, floor.maker.account_id, TEXT("CEA"));
    assert_int_equal(cea.locked_e8, 0);
    assert_int_equal(
        cea.available_e8 +
            venue_balance(floor.venue, floor.client.account_id, TEXT("CEA")).available_e8,
        1000 * E8);
    close_floor(&floor);
}

static void the_same_command_twice_acts_once(int32_t partitions)
{
    struct floor floor = open_floor(partitions);
    struct command deposit = venue_command(floor.venue, COMMAND_RECORD_ASSET_TRANSACTION);
    deposit.record_asset_transaction =
        (struct record_asset_transaction){.transaction_id = venue_id(floor.venue, 0),
                                          .account_id = floor.client.account_id,
                                          .asset = TEXT("EUR"),
                                          .type = TRANSACTION_TYPE_DEPOSIT,
                                          .amount_e8 = 5 * E8};
    (void)venue_send(floor.venue, &deposit);
    struct uuid command = venue_send(floor.venue, &deposit);
    venue_settle(floor.venue);

    struct transcript transcript;
    transcript_read(floor.venue, &transcript);
    assert_int_equal(transcript_count(&transcript, command, EVENT_ASSET_TRANSACTION_RECORDED), 1);
    assert_int_equal(transcript_count(&transcript, command, EVENT_COMMAND_REPEATED), 1);
    transcript_free(&transcript);
    assert_balance(floor.venue, &floor.client, TEXT("EUR"), 10005 * E8, 0);
    close_floor(&floor);
}

/* A retry is another command with another order id: it is the key that makes it the same. */
static void an_order_sent_again_under_its_key_is_placed_once(int32_t partitions)
{
    struct floor floor = open_floor(partitions);
    struct uuid sent[3];
    const uint8_t bodies[] = {1, 1, 2};
    struct uuid order;
    (void)venue_limit(floor.venue, &floor.maker, SIDE_SELL, 100 * E8, CENTS(1000), &order);
    for (size_t i = 0; i < COUNT_OF(sent); i++) {
        struct command command = venue_command(floor.venue, COMMAND_PLACE_ORDER);
        venue_ask_as(&command, &floor.client);
        venue_idempotent(&command, 9, bodies[i]);
        command.place_order = (struct place_order){
            .order_id = venue_id(floor.venue, uuid_owner_hash(order)),
            .account_id = floor.client.account_id,
            .instrument = TEXT("CEA-EUR"),
            .type = ORDER_TYPE_MARKET,
            .time_in_force = TIME_IN_FORCE_IOC,
            .quantity_e8 = 10 * E8,
            .has_max_notional_e8 = true,
            .max_notional_e8 = 1000 * E8,
        };
        venue_settle(floor.venue);
        sent[i] = venue_send(floor.venue, &command);
    }
    venue_settle(floor.venue);

    venue_check_answer(floor.venue, sent[0], EVENT_ORDER_ENTERED, NULL);
    venue_check_answer(floor.venue, sent[1], EVENT_COMMAND_REPEATED, NULL);
    venue_check_answer(floor.venue, sent[2], EVENT_COMMAND_REJECTED, "IDEMPOTENCY_KEY_REUSED");
    assert_balance(floor.venue, &floor.client, TEXT("CEA"), 10 * E8, 0);
    assert_balance(floor.venue, &floor.client, TEXT("EUR"), 9900 * E8, 0);
    close_floor(&floor);
}

/* Two people are after one address, in whatever partition their accounts are. */
static void an_address_is_registered_once(int32_t partitions)
{
    struct floor floor = open_floor(partitions);
    struct venue_client other, late;
    struct uuid first = venue_register(floor.venue, 2, &other);
    struct uuid second = venue_register(floor.venue, 2, &late);
    venue_settle(floor.venue);

    venue_check_answer(floor.venue, first, EVENT_ACCOUNT_OPENED, NULL);
    venue_check_answer(floor.venue, second, EVENT_COMMAND_REJECTED, "EMAIL_TAKEN");
    close_floor(&floor);
}

#define ON_ONE_AND_ON_THREE(test)                                                                  \
    static void test##_on_one_partition_and_on_three(void **state)                                 \
    {                                                                                              \
        (void)state;                                                                               \
        for (size_t i = 0; i < COUNT_OF(PARTITION_COUNTS); i++)                                    \
            test(PARTITION_COUNTS[i]);                                                             \
    }
ON_ONE_AND_ON_THREE(a_trade_settles_both_sides_to_the_unit)
ON_ONE_AND_ON_THREE(a_cancel_gives_back_what_still_rests)
ON_ONE_AND_ON_THREE(a_refused_order_holds_nothing)
ON_ONE_AND_ON_THREE(a_market_maker_leaves_with_its_orders)
ON_ONE_AND_ON_THREE(a_market_maker_leaves_amid_its_orders)
ON_ONE_AND_ON_THREE(the_same_command_twice_acts_once)
ON_ONE_AND_ON_THREE(an_order_sent_again_under_its_key_is_placed_once)
ON_ONE_AND_ON_THREE(an_address_is_registered_once)

int main(void)
{
#define TEST(test) cmocka_unit_test(test##_on_one_partition_and_on_three)
    const struct CMUnitTest tests[] = {
        TEST(a_trade_settles_both_sides_to_the_unit),
        TEST(a_cancel_gives_back_what_still_rests),
        TEST(a_refused_order_holds_nothing),
        TEST(a_market_maker_leaves_with_its_orders),
        TEST(a_market_maker_leaves_amid_its_orders),
        TEST(the_same_command_twice_acts_once),
        TEST(an_order_sent_again_under_its_key_is_placed_once),
        TEST(an_address_is_registered_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
