/* Options: added with all their terms, traded by one instrument, and settled when they expire. */
#include "base/time.h"
#include "venue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SYMBOL     "CEAC13-EUR"
#define EXPIRES_US (NOON_US + 60 * SECOND_US)

static int open_venue(void **state)
{
    *state = venue_open(1);
    return 0;
}

static int close_venue(void **state)
{
    venue_check_replay(*state);
    venue_close(*state);
    return 0;
}

static struct command call_at_13(void)
{
    struct command command = command_by(COMMAND_CREATE_ASSET, ROLE_OPERATOR);
    command.create_asset = (struct create_asset){.code = TEXT("CEAC13"),
                                                 .name = TEXT("CEA call at 13"),
                                                 .kind = ASSET_KIND_OPTION,
                                                 .has_underlying = true,
                                                 .underlying = TEXT(CEA),
                                                 .has_strike_e8 = true,
                                                 .strike_e8 = 13 * E8,
                                                 .has_expires_at = true,
                                                 .expires_at = EXPIRES_US,
                                                 .has_right = true,
                                                 .right = OPTION_RIGHT_CALL,
                                                 .has_multiplier_e8 = true,
                                                 .multiplier_e8 = 100 * E8};
    return command;
}

static struct command instrument(const char *symbol, const char *quote)
{
    struct command command = command_by(COMMAND_CREATE_INSTRUMENT, ROLE_ADMIN);
    command.create_instrument = (struct create_instrument){.symbol = text_of(symbol),
                                                           .base = TEXT("CEAC13"),
                                                           .quote = text_of(quote),
                                                           .tick_size_e8 = E8 / 100,
                                                           .lot_size_e8 = E8,
                                                           .min_quantity_e8 = E8,
                                                           .max_quantity_e8 = 100 * E8};
    return command;
}

static void assert_rejected(const struct event *event, const char *field)
{
    assert_int_equal(event->kind, EVENT_COMMAND_REJECTED);
    assert_true(text_is(event->command_rejected.code, "VALIDATION_FAILED"));
    assert_true(text_is(event->command_rejected.field, field));
}

static void list_option(struct venue *venue)
{
    struct command option = call_at_13(), traded = instrument(SYMBOL, "EUR");
    assert_int_equal(venue_command(venue, &option)->kind, EVENT_ASSET_CREATED);
    assert_int_equal(venue_command(venue, &traded)->kind, EVENT_INSTRUMENT_CHANGED);
}

static void an_option_has_all_its_terms_and_sound_ones(void **state)
{
    struct venue *venue = *state;
    struct command command = call_at_13();
    command.create_asset.has_strike_e8 = false;
    assert_rejected(venue_command(venue, &command), "strike");
    command = call_at_13();
    command.create_asset.underlying = TEXT("CEA");
    assert_rejected(venue_command(venue, &command), "underlying");
    command.create_asset.underlying = TEXT("CEA-XYZ");
    assert_rejected(venue_command(venue, &command), "underlying");
    command = call_at_13();
    command.create_asset.expires_at = NOON_US;
    assert_rejected(venue_command(venue, &command), "expires_at");
    command = call_at_13();
    command.create_asset.multiplier_e8 = E8 / 2;
    assert_rejected(venue_command(venue, &command), "multiplier");
    command = call_at_13();
    command.create_asset.scale = 1;
    assert_rejected(venue_command(venue, &command), "scale");
    command = call_at_13();
    command.create_asset.kind = ASSET_KIND_EQUITY;
    assert_rejected(venue_command(venue, &command), "kind");
    command = call_at_13();
    const struct asset *asset = &venue_command(venue, &command)->asset_created.asset;
    assert_int_equal(asset->strike_e8, 13 * E8);
    assert_int_equal(asset->right, OPTION_RIGHT_CALL);
}

static void one_instrument_trades_an_option(void **state)
{
    struct venue *venue = *state;
    struct command option = call_at_13();
    struct command other = instrument("CEAC13-USD", "USD"), named = instrument("CALL-EUR", "EUR");
    struct command wrong = instrument(SYMBOL, "USD"), right = instrument(SYMBOL, "EUR");
    venue_command(venue, &option);
    assert_rejected(venue_command(venue, &other), "symbol");
    assert_rejected(venue_command(venue, &named), "symbol");
    assert_rejected(venue_command(venue, &wrong), "symbol");
    assert_int_equal(venue_command(venue, &right)->kind, EVENT_INSTRUMENT_CHANGED);
}

static void an_option_expires_at_the_mark_of_its_underlying(void **state)
{
    struct venue *venue = *state;
    list_option(venue);
    venue_mark(venue, 1345 * E8 / 100);
    venue->now_us = EXPIRES_US - 1;
    assert_null(venue_time(venue));
    venue->now_us++;
    const struct event *event = venue_time(venue);
    assert_int_equal(event->kind, EVENT_OPTION_EXPIRED);
    assert_true(text_is(event->option_expired.asset.code, "CEAC13"));
    assert_true(text_is(event->option_expired.instrument, SYMBOL));
    assert_int_equal(event->option_expired.settlement_price_e8, 1345 * E8 / 100);
    assert_true(event_touches(event, SERVICE_ACCOUNTS, 0));
    assert_null(venue_time(venue));
}

static void without_a_mark_the_last_trade_settles_and_without_one_it_waits(void **state)
{
    struct venue *venue = *state;
    list_option(venue);
    venue->now_us = EXPIRES_US;
    assert_null(venue_time(venue));
    venue_place(venue, &(struct wish){.number = 1, .price_e8 = 12 * E8});
    venue->now_us += SECOND_US;
    venue_place(venue,
                &(struct wish){.number = 2, .account = 2, .side = SIDE_SELL, .price_e8 = 12 * E8});
    const struct event *event = venue_time(venue);
    assert_int_equal(event->kind, EVENT_OPTION_EXPIRED);
    assert_int_equal(event->option_expired.settlement_price_e8, 12 * E8);
}

static size_t open_orders(const struct venue *venue)
{
    const struct orders_instrument *option = orders_instrument(venue->state, TEXT(SYMBOL));
    return book_orders_count(option->book) + option->triggers.count;
}

/* Orders of an option expire with it by themselves, for accounts gives them its time; what the
 * clocks of two partitions leave ends behind it. */
static void what_is_open_when_it_expires_ends_next(void **state)
{
    struct venue *venue = *state;
    list_option(venue);
    venue_mark(venue, 13 * E8);
    struct wish resting = {.number = 1, .instrument = SYMBOL, .price_e8 = 5 * E8};
    struct wish waiting = {.number = 2,
                           .instrument = SYMBOL,
                           .type = ORDER_TYPE_STOP,
                           .max_notional_e8 = 100 * E8,
                           .stop_price_e8 = 6 * E8};
    venue_place(venue, &resting);
    venue_place(venue, &waiting);
    venue->now_us = EXPIRES_US;
    const struct event *event = venue_time(venue);
    assert_int_equal(event->kind, EVENT_OPTION_EXPIRED);
    assert_int_equal(open_orders(venue), 2);
    assert_int_equal(orders_due_us(venue->state), INT64_MIN); /* before whatever else comes */
    event = venue_time(venue);
    assert_int_equal(event->kind, EVENT_ORDERS_CANCELED);
    assert_int_equal(event->orders_canceled.orders_count, 2);
    assert_true(event_touches(event, SERVICE_ACCOUNTS, 0));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(event->orders_canceled.orders[i].status, ORDER_STATUS_EXPIRED);
        assert_int_equal(event->orders_canceled.orders[i].end_reason, END_REASON_EXPIRED);
    }
    assert_int_equal(open_orders(venue), 0);
    assert_null(venue_time(venue));
}

static void many_orders_end_a_bounded_number_at_a_time(void **state)
{
    struct venue *venue = *state;
    list_option(venue);
    venue_mark(venue, 13 * E8);
    for (uint32_t i = 1; i <= 2 * ORDERS_EXPIRED_MAX + 1; i++)
        venue_place(venue, &(struct wish){.number = i,
                                          .instrument = SYMBOL,
                                          .type = i % 3 == 0 ? ORDER_TYPE_STOP : ORDER_TYPE_LIMIT,
                                          .side = i % 3 == 1 ? SIDE_SELL : SIDE_BUY,
                                          .price_e8 = i % 3 == 0   ? 0
                                                      : i % 3 == 1 ? 6 * E8
                                                                   : 5 * E8,
                                          .max_notional_e8 = i % 3 == 0 ? 100 * E8 : 0,
                                          .stop_price_e8 = i % 3 == 0 ? 7 * E8 : 0});
    assert_int_equal(open_orders(venue), 2 * ORDERS_EXPIRED_MAX + 1);
    venue->now_us = EXPIRES_US;
    assert_int_equal(venue_time(venue)->kind, EVENT_OPTION_EXPIRED);
    assert_int_equal(venue_time(venue)->orders_canceled.orders_count, ORDERS_EXPIRED_MAX);
    venue_check_replay(venue); /* a snapshot in between knows that more are to end */
    assert_int_equal(venue_time(venue)->orders_canceled.orders_count, ORDERS_EXPIRED_MAX);
    assert_int_equal(venue_time(venue)->orders_canceled.orders_count, 1);
    assert_null(venue_time(venue));
    assert_int_equal(open_orders(venue), 0);
}

static void nothing_trades_an_option_that_has_expired(void **state)
{
    struct venue *venue = *state;
    list_option(venue);
    venue_mark(venue, 13 * E8);
    venue->now_us = EXPIRES_US;
    venue_time(venue);
    const struct event *event =
        venue_place(venue, &(struct wish){.number = 3, .instrument = SYMBOL, .price_e8 = 5 * E8});
    assert_int_equal(event->kind, EVENT_ORDER_REFUSED);
    assert_true(text_is(event->order_refused.code, "INSTRUMENT_HALTED"));
}

/* A number of partitions by which the option's book is not where its underlying is. */
static int32_t partitions_apart(void)
{
    for (int32_t partitions = 2; partitions < 64; partitions++) {
        struct place place = {.partition_counts = {[SERVICE_ORDERS] = partitions}};
        if (place_partition(&place, SERVICE_ORDERS, TEXT(CEA)) !=
            place_partition(&place, SERVICE_ORDERS, TEXT(SYMBOL)))
            return partitions;
    }
    fail_msg("all symbols are in one place");
    return 0;
}

static void the_partition_of_the_book_is_told_the_price_and_tells_accounts(void **state)
{
    struct venue *venue = *state;
    venue_close(venue);
    *state = venue = venue_open(partitions_apart());
    struct command option = call_at_13();
    const struct event created = {.kind = EVENT_ASSET_CREATED,
                                  .asset_created.asset = {.code = option.create_asset.code,
                                                          .name = option.create_asset.name,
                                                          .kind = ASSET_KIND_OPTION,
                                                          .has_underlying = true,
                                                          .underlying = TEXT(CEA),
                                                          .has_expires_at = true,
                                                          .expires_at = EXPIRES_US}};
    venue_follow(venue, &created);
    venue_mark(venue, 13 * E8);
    venue->now_us = EXPIRES_US;
    const struct event *event = venue_time(venue);
    int32_t book = place_partition(&venue->place, SERVICE_ORDERS, TEXT(SYMBOL));
    assert_int_equal(event->kind, EVENT_OPTION_EXPIRED);
    assert_true(event_touches(event, SERVICE_ORDERS, book));
    assert_int_equal(event->meta.touches_count, 1);
    assert_true(text_is(event->key, CEA));
    assert_null(venue_time(venue));
}

static void what_another_partition_says_of_its_price_is_passed_on(void **state)
{
    struct venue *venue = *state;
    list_option(venue);
    const struct event said = {
        .kind = EVENT_OPTION_EXPIRED,
        .option_expired = {.asset = orders_asset(venue->state, TEXT("CEAC13"))->asset,
                           .instrument = TEXT(SYMBOL),
                           .settlement_price_e8 = 14 * E8}};
    const struct event *event = venue_follow(venue, &said);
    assert_int_equal(event->kind, EVENT_OPTION_EXPIRED);
    assert_int_equal(event->option_expired.settlement_price_e8, 14 * E8);
    assert_true(event_touches(event, SERVICE_ACCOUNTS, 0));
    venue_mark(venue, 13 * E8);
    venue->now_us = EXPIRES_US;
    assert_null(venue_time(venue));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_option_has_all_its_terms_and_sound_ones),
        cmocka_unit_test(one_instrument_trades_an_option),
        cmocka_unit_test(an_option_expires_at_the_mark_of_its_underlying),
        cmocka_unit_test(without_a_mark_the_last_trade_settles_and_without_one_it_waits),
        cmocka_unit_test(what_is_open_when_it_expires_ends_next),
        cmocka_unit_test(many_orders_end_a_bounded_number_at_a_time),
        cmocka_unit_test(nothing_trades_an_option_that_has_expired),
        cmocka_unit_test(the_partition_of_the_book_is_told_the_price_and_tells_accounts),
        cmocka_unit_test(what_another_partition_says_of_its_price_is_passed_on),
    };
    struct CMUnitTest open[COUNT_OF(tests)];
    memcpy(open, tests, sizeof tests);
    for (size_t i = 0; i < COUNT_OF(tests); i++) {
        open[i].setup_func = open_venue;
        open[i].teardown_func = close_venue;
    }
    return cmocka_run_group_tests(open, NULL, NULL);
}
