/* Assets, instruments and their rules; what a log begins with; snapshots that are none. */
#include "venue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

static void expect_rejected(const struct event *event, const char *code, const char *field)
{
    assert_int_equal(event->kind, EVENT_COMMAND_REJECTED);
    assert_true(text_is(event->command_rejected.code, code));
    assert_true(event->command_rejected.message.size > 0);
    assert_int_equal(event->command_rejected.has_field, field != NULL);
    assert_true(field == NULL || text_is(event->command_rejected.field, field));
}

static struct command asset(const char *code, int32_t scale)
{
    struct command command = command_by(COMMAND_CREATE_ASSET, ROLE_OPERATOR);
    command.create_asset = (struct create_asset){.code = text_of(code),
                                                 .name = TEXT("Something"),
                                                 .kind = ASSET_KIND_CRYPTO,
                                                 .scale = scale};
    return command;
}

/* BTC-EUR: tick 0.01, lot 1, so that each test changes what it is about. */
static struct command instrument(void)
{
    struct command command = command_by(COMMAND_CREATE_INSTRUMENT, ROLE_ADMIN);
    command.create_instrument = (struct create_instrument){.symbol = TEXT("BTC-EUR"),
                                                           .base = TEXT("BTC"),
                                                           .quote = TEXT("EUR"),
                                                           .tick_size_e8 = E8 / 100,
                                                           .lot_size_e8 = E8,
                                                           .min_quantity_e8 = E8,
                                                           .max_quantity_e8 = 100 * E8};
    return command;
}

static void a_log_begins_with_the_first_assets_and_instruments(void **state)
{
    struct venue *venue = *state;
    static const char *const CODES[] = {"EUR", "USD", "CEA", "EUA"};
    for (size_t i = 0; i < COUNT_OF(CODES); i++)
        assert_non_null(orders_asset(venue->state, text_of(CODES[i])));
    assert_int_equal(orders_asset(venue->state, TEXT("EUR"))->asset.scale, 2);
    assert_int_equal(orders_asset(venue->state, TEXT("EUA"))->asset.scale, 0);
    const struct instrument *eua = &orders_instrument(venue->state, TEXT("EUA-EUR"))->rules;
    assert_int_equal(eua->tick_size_e8, E8 / 100);
    assert_int_equal(eua->max_quantity_e8, 1000000 * E8);
    assert_int_equal(eua->status, INSTRUMENT_STATUS_OPEN);
    assert_int_equal(eua->created_at, NOON_US);
}

static void an_instrument_lives_in_one_partition_only(void **state)
{
    (void)state;
    const struct event created = {.kind = EVENT_LOG_CREATED};
    struct place place = {.service = SERVICE_ORDERS, .partition_counts = {3, 3, 1, 3}};
    size_t found = 0;
    for (place.partition = 0; place.partition < 3; place.partition++) {
        struct orders_state *partition = orders_new(&place);
        orders_apply(partition, &created);
        found += orders_instrument(partition, TEXT(CEA)) != NULL;
        assert_non_null(orders_asset(partition, TEXT("CEA")));
        orders_free(partition);
    }
    assert_int_equal(found, 1);
}

static void an_asset_is_made_known_to_every_partition(void **state)
{
    struct venue *venue = *state;
    struct command command = asset("BTC", 8);
    const struct event *event = venue_command(venue, &command);
    assert_int_equal(event->kind, EVENT_ASSET_CREATED);
    assert_int_equal(event->asset_created.asset.scale, 8);
    assert_true(event_touches(event, SERVICE_ORDERS, 77));
    assert_true(event_touches(event, SERVICE_ACCOUNTS, 77));
    expect_rejected(venue_command(venue, &command), "VALIDATION_FAILED", "code");

    const struct event created = {.kind = EVENT_ASSET_CREATED,
                                  .asset_created = {.asset = {.code = TEXT("ETH"),
                                                              .name = TEXT("Ether"),
                                                              .kind = ASSET_KIND_CRYPTO,
                                                              .scale = 8}}};
    event = venue_follow(venue, &created);
    assert_int_equal(event->kind, EVENT_ASSET_ADOPTED);
    assert_non_null(orders_asset(venue->state, TEXT("ETH")));
    venue_follow(venue, &created); /* its own partition hears of it too */
}

static void an_asset_is_checked(void **state)
{
    struct venue *venue = *state;
    const struct {
        const char *code;
        int32_t scale;
        const char *field;
    } cases[] = {
        {"", 2, "code"},
        {"btc", 2, "code"},
        {"B-C", 2, "code"},
        {"ABCDEFGHIJKLMNOP", 0, NULL},
        {"ABCDEFGHIJKLMNOPQ", 0, "code"},
        {"BTC", -1, "scale"},
        {"BTC", 9, "scale"},
        {"BTC", 8, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct command command = asset(cases[i].code, cases[i].scale);
        const struct event *event = venue_command(venue, &command);
        if (cases[i].field == NULL)
            assert_int_equal(event->kind, EVENT_ASSET_CREATED);
        else
            expect_rejected(event, "VALIDATION_FAILED", cases[i].field);
    }
    struct command command = asset("OPT", 0);
    command.create_asset.kind = ASSET_KIND_OPTION;
    expect_rejected(venue_command(venue, &command), "VALIDATION_FAILED", "underlying");
    command = asset("NIL", 0);
    command.create_asset.name = (struct text){0};
    expect_rejected(venue_command(venue, &command), "VALIDATION_FAILED", "name");
}

static void reference_data_is_changed_by_operators_and_admins_only(void **state)
{
    struct venue *venue = *state;
    static const enum role OTHERS[] = {ROLE_USER, ROLE_AUDITOR, ROLE_MARKET_MAKER};
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++) {
        static const enum command_kind KINDS[] = {COMMAND_CREATE_ASSET, COMMAND_CREATE_INSTRUMENT,
                                                  COMMAND_CHANGE_INSTRUMENT};
        for (size_t j = 0; j < COUNT_OF(KINDS); j++) {
            struct command command = command_by(KINDS[j], OTHERS[i]);
            if (OTHERS[i] == ROLE_USER || OTHERS[i] == ROLE_AUDITOR)
                command.meta.has_actor = OTHERS[i] == ROLE_USER;
            expect_rejected(venue_command(venue, &command), "FORBIDDEN", NULL);
        }
    }
}

/* What CreateInstrument is told where one field is `value`. NULL: it is taken. */
/* So there is one of a pair, wherever its partition is. */
static void an_instrument_is_named_by_its_pair(void **state)
{
    static const char *const OTHERS[] = {"EUR-BTC", "BTC-USD", "XBTC-EUR", "BTC-EURO", "BTCEUR"};
    struct venue *venue = *state;
    struct command btc = asset("BTC", 2);
    venue_command(venue, &btc);
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++) {
        struct command command = instrument();
        command.create_instrument.symbol = text_of(OTHERS[i]);
        expect_rejected(venue_command(venue, &command), "VALIDATION_FAILED", "symbol");
    }
    struct command command = instrument();
    assert_int_equal(venue_command(venue, &command)->kind, EVENT_INSTRUMENT_CHANGED);
}

struct rule_case {
    size_t offset;
    bool narrow; /* int32_t */
    int64_t value;
    const char *field;
};
#define RULE(member, value, field)                                                                 \
    {                                                                                              \
        offsetof(struct create_instrument, member),                                                \
            sizeof(((struct create_instrument *)0)->member) == sizeof(int32_t), (value), (field)   \
    }

static void an_instrument_is_checked(void **state)
{
    static const struct rule_case CASES[] = {
        RULE(tick_size_e8, 0, "tick_size"),
        RULE(tick_size_e8, E8 / 1000, "tick_size"),
        RULE(tick_size_e8, E8 / 100, NULL),
        RULE(lot_size_e8, 0, "lot_size"),
        RULE(lot_size_e8, E8 / 1000, "lot_size"), /* the base has two places */
        RULE(lot_size_e8, E8 / 10, "lot_size"),   /* 0.01 x 0.1 is no whole cent */
        RULE(min_quantity_e8, 0, "min_quantity"),
        RULE(min_quantity_e8, E8 / 2, "min_quantity"),
        RULE(min_quantity_e8, 100 * E8, NULL),
        RULE(min_quantity_e8, 101 * E8, "max_quantity"),
        RULE(max_quantity_e8, E8, NULL),
        RULE(max_quantity_e8, E8 + 1, "max_quantity"),
        RULE(price_band_percent_e8, -1, "price_band_percent"),
        RULE(price_band_percent_e8, 1000 * E8, NULL),
        RULE(price_band_percent_e8, 1000 * E8 + 1, "price_band_percent"),
        RULE(maker_fee_bps, -1, "maker_fee_bps"),
        RULE(maker_fee_bps, 9999, NULL),
        RULE(maker_fee_bps, 10000, "maker_fee_bps"),
        RULE(taker_fee_bps, -1, "taker_fee_bps"),
        RULE(taker_fee_bps, 9999, NULL),
        RULE(taker_fee_bps, 10000, "taker_fee_bps"),
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct venue *venue = venue_open(1);
        struct command btc = asset("BTC", 2);
        venue_command(venue, &btc);
        struct command command = instrument();
        uint8_t *at = (uint8_t *)&command.create_instrument + CASES[i].offset;
        int32_t narrow = (int32_t)CASES[i].value;
        if (CASES[i].narrow)
            memcpy(at, &narrow, sizeof narrow);
        else
            memcpy(at, &CASES[i].value, sizeof CASES[i].value);
        const struct event *event = venue_command(venue, &command);
        if (CASES[i].field == NULL)
            assert_int_equal(event->kind, EVENT_INSTRUMENT_CHANGED);
        else
            expect_rejected(event, "VALIDATION_FAILED", CASES[i].field);
        venue_close(venue);
    }
}

static void an_instrument_needs_a_new_symbol_and_two_known_assets(void **state)
{
    struct venue *venue = *state;
    struct command command = instrument();
    expect_rejected(venue_command(venue, &command), "VALIDATION_FAILED", "base");
    struct command btc = asset("BTC", 2);
    venue_command(venue, &btc);
    command.create_instrument.quote = TEXT("XXX");
    expect_rejected(venue_command(venue, &command), "VALIDATION_FAILED", "quote");
    command.create_instrument.quote = TEXT("BTC");
    expect_rejected(venue_command(venue, &command), "VALIDATION_FAILED", "quote");
    command = instrument();
    command.create_instrument.symbol = TEXT("-BTC");
    expect_rejected(venue_command(venue, &command), "VALIDATION_FAILED", "symbol");

    command = instrument();
    const struct event *event = venue_command(venue, &command);
    assert_int_equal(event->kind, EVENT_INSTRUMENT_CHANGED);
    assert_true(event_touches(event, SERVICE_ACCOUNTS, 5));
    assert_true(text_is(event->instrument_changed.instrument.currency, "EUR"));
    assert_int_equal(event->instrument_changed.instrument.base_scale, 2);
    assert_int_equal(event->instrument_changed.instrument.version, 1);
    expect_rejected(venue_command(venue, &command), "VALIDATION_FAILED", "symbol");
    assert_int_equal(
        venue_place(venue, &(struct wish){.number = 1, .instrument = "BTC-EUR", .price_e8 = E8})
            ->kind,
        EVENT_ORDER_ENTERED);
}

static void a_change_leaves_what_it_does_not_name(void **state)
{
    struct venue *venue = *state;
    struct command command = command_by(COMMAND_CHANGE_INSTRUMENT, ROLE_OPERATOR);
    struct change_instrument *change = &command.change_instrument;
    change->symbol = TEXT("NO-SUCH");
    expect_rejected(venue_command(venue, &command), "NOT_FOUND", NULL);

    change->symbol = TEXT(CEA);
    change->has_sector = true;
    change->sector = TEXT("carbon");
    change->has_mark_price_e8 = true;
    change->mark_price_e8 = 12 * E8;
    venue->now_us++;
    const struct event *event = venue_command(venue, &command);
    assert_int_equal(event->kind, EVENT_INSTRUMENT_CHANGED);
    assert_int_equal(event->instrument_changed.instrument.updated_at, NOON_US + 1);
    venue_change_status(venue, INSTRUMENT_STATUS_HALTED);
    const struct instrument *rules = &orders_instrument(venue->state, TEXT(CEA))->rules;
    assert_true(text_is(rules->sector, "carbon"));
    assert_int_equal(rules->mark_price_e8, 12 * E8);
    assert_int_equal(rules->status, INSTRUMENT_STATUS_HALTED);
    assert_int_equal(rules->tick_size_e8, E8 / 100);

    change->mark_price_e8 = 0;
    expect_rejected(venue_command(venue, &command), "VALIDATION_FAILED", "mark_price");
    change->has_mark_price_e8 = false;
    change->sector = (struct text){0};
    expect_rejected(venue_command(venue, &command), "VALIDATION_FAILED", "sector");
}

static void a_change_is_refused_where_another_came_before_it(void **state)
{
    struct venue *venue = *state;
    const struct instrument *rules = &orders_instrument(venue->state, TEXT(CEA))->rules;
    assert_int_equal(rules->version, 1);
    struct command command = command_by(COMMAND_CHANGE_INSTRUMENT, ROLE_OPERATOR);
    struct change_instrument *change = &command.change_instrument;
    change->symbol = TEXT(CEA);
    change->has_taker_fee_bps = true;
    change->has_if_version = true;
    change->if_version = 1;
    assert_int_equal(venue_command(venue, &command)->instrument_changed.instrument.version, 2);
    assert_int_equal(rules->version, 2);

    const struct event *event = venue_command(venue, &command);
    expect_rejected(event, "VERSION_CONFLICT", NULL);
    assert_true(text_is(event->command_rejected.message,
                        "The change was made from version 1, but this is version 2 by now; read it "
                        "again and decide anew."));
    change->has_if_version = false;
    assert_int_equal(venue_command(venue, &command)->instrument_changed.instrument.version, 3);
}

static void tick_and_lot_stay_while_orders_rest_by_them(void **state)
{
    struct venue *venue = *state;
    struct command tick = command_by(COMMAND_CHANGE_INSTRUMENT, ROLE_OPERATOR);
    tick.change_instrument.symbol = TEXT(CEA);
    tick.change_instrument.has_tick_size_e8 = true;
    tick.change_instrument.tick_size_e8 = E8 / 10;
    struct command lot = command_by(COMMAND_CHANGE_INSTRUMENT, ROLE_OPERATOR);
    lot.change_instrument.symbol = TEXT(CEA);
    lot.change_instrument.has_lot_size_e8 = true;
    lot.change_instrument.lot_size_e8 = 2 * E8;
    lot.change_instrument.has_min_quantity_e8 = true;
    lot.change_instrument.min_quantity_e8 = 2 * E8;

    venue_place(venue, &(struct wish){.number = 1, .price_e8 = E8});
    expect_rejected(venue_command(venue, &tick), "VALIDATION_FAILED", "tick_size");
    expect_rejected(venue_command(venue, &lot), "VALIDATION_FAILED", "lot_size");
    venue_cancel(venue, order_id(CEA, 1), 1, ROLE_USER);
    assert_int_equal(venue_command(venue, &tick)->kind, EVENT_INSTRUMENT_CHANGED);
    assert_int_equal(venue_command(venue, &lot)->kind, EVENT_INSTRUMENT_CHANGED);
}

/* Whatever is cut off or turned over, loading says so or gives a state; it never ends the process.
 */
static void a_damaged_snapshot_is_refused(void **state)
{
    struct venue *venue = *state;
    for (uint32_t i = 1; i <= 6; i++)
        venue_place(venue, &(struct wish){.number = i,
                                          .account = i,
                                          .side = i % 2 == 0 ? SIDE_SELL : SIDE_BUY,
                                          .price_e8 = (i % 2 == 0 ? 10 : 9) * E8 + i * E8 / 10});
    venue_cancel(venue, order_id(CEA, 1), 1, ROLE_USER);
    struct buffer saved;
    buffer_init(&saved, 1 << 20);
    orders_save(venue->state, &saved);
    for (size_t size = 0; size < saved.size; size++) {
        struct orders_state *loaded = orders_new(&venue->place);
        assert_int_equal(orders_load(loaded, (struct bytes){saved.data, size}), ERR_POISON);
        orders_free(loaded);
    }
    for (size_t i = 0; i < saved.size; i++) {
        saved.data[i] ^= 0x55;
        struct orders_state *loaded = orders_new(&venue->place);
        enum err err = orders_load(loaded, buffer_bytes(&saved));
        assert_true(err == OK || err == ERR_POISON);
        orders_free(loaded);
        saved.data[i] ^= 0x55;
    }
    buffer_free(&saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_venue, close_venue)
        TEST(a_log_begins_with_the_first_assets_and_instruments),
        TEST(an_instrument_lives_in_one_partition_only),
        TEST(an_asset_is_made_known_to_every_partition),
        TEST(an_asset_is_checked),
        TEST(reference_data_is_changed_by_operators_and_admins_only),
        TEST(an_instrument_is_named_by_its_pair),
        TEST(an_instrument_is_checked),
        TEST(an_instrument_needs_a_new_symbol_and_two_known_assets),
        TEST(a_change_leaves_what_it_does_not_name),
        TEST(a_change_is_refused_where_another_came_before_it),
        TEST(tick_and_lot_stay_while_orders_rest_by_them),
        TEST(a_damaged_snapshot_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
