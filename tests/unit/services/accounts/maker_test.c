/* Market makers: creating, changing, deactivating. */
#include "base/murmur2.h"
#include "ledger.h"
#include "refused.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct ledger ledger;

static int open_ledger(void **state)
{
    (void)state;
    ledger_open(&ledger, 0, 1);
    return 0;
}

static int close_ledger(void **state)
{
    (void)state;
    ledger_close(&ledger);
    return 0;
}

static void assert_refused(const struct event *event, const char *code, const char *field)
{
    assert_refused_by(event, code);
    assert_int_equal(event->command_rejected.has_field, field != NULL);
    if (field != NULL)
        assert_true(text_is(event->command_rejected.field, field));
    assert_true(event->command_rejected.message.size > 0);
}

static struct command creation(void)
{
    struct command command = command_by_operator(COMMAND_CREATE_MARKET_MAKER);
    command.create_market_maker.market_maker_id = id_of(7);
    command.create_market_maker.name = TEXT("sealed name");
    command.create_market_maker.email = TEXT("sealed address");
    memset(command.create_market_maker.email_hash.bytes, 0xab, 16);
    return command;
}

static const struct event *create_with(const char *asset, int64_t amount_e8)
{
    struct create_market_maker_initial_balances_e8_entry entry = {text_of(asset), amount_e8};
    struct command command = creation();
    command.create_market_maker.initial_balances_e8 = &entry;
    command.create_market_maker.initial_balances_e8_count = 1;
    return ledger_command(&ledger, &command);
}

static void a_market_maker_is_created_with_its_balances(void **state)
{
    (void)state;
    struct create_market_maker_initial_balances_e8_entry entries[] = {{TEXT("EUA"), 5 * E8},
                                                                      {TEXT("CEA"), 1000 * E8}};
    struct command command = creation();
    command.create_market_maker.initial_balances_e8 = entries;
    command.create_market_maker.initial_balances_e8_count = 2;

    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->kind, EVENT_MARKET_MAKER_CREATED);
    const struct market_maker_created *created = &event->market_maker_created;
    assert_int_equal(created->market_maker.status, MARKET_MAKER_STATUS_ACTIVE);
    assert_int_equal(created->transactions_count, 2);
    assert_int_equal(created->transactions[1].amount_e8, 1000 * E8);
    assert_int_equal(created->transactions[1].balance_before_e8, 0);
    assert_int_equal(created->transactions[1].balance_after_e8, 1000 * E8);
    assert_false(uuid_equal(created->transactions[0].id, created->transactions[1].id));
    assert_int_equal(uuid_owner_hash(created->transactions[0].id), uuid_owner_hash(id_of(7)));
    assert_int_equal(created->postings_count, 4);
    assert_int_equal(ledger_balance(&ledger, id_of(7), "CEA")->available_e8, 1000 * E8);
    assert_int_equal(ledger_balance(&ledger, id_of(7), "EUA")->available_e8, 5 * E8);
}

/* More of them than an order has postings. */
static void a_market_maker_may_begin_with_many_certificates(void **state)
{
    (void)state;
    enum { MANY = 60 };
    static char codes[MANY][8];
    static struct create_market_maker_initial_balances_e8_entry entries[MANY];
    for (int i = 0; i < MANY; i++) {
        snprintf(codes[i], sizeof codes[i], "X%d", i);
        struct event created = {.kind = EVENT_ASSET_CREATED};
        created.asset_created.asset =
            (struct asset){.code = text_of(codes[i]), .kind = ASSET_KIND_CERTIFICATE};
        assert_int_equal(ledger_follow(&ledger, &created)->kind, EVENT_ASSET_ADOPTED);
        entries[i].key = text_of(codes[i]);
        entries[i].value = (i + 1) * E8;
    }
    struct command command = creation();
    command.create_market_maker.initial_balances_e8 = entries;
    command.create_market_maker.initial_balances_e8_count = MANY;
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->kind, EVENT_MARKET_MAKER_CREATED);
    assert_int_equal(event->market_maker_created.postings_count, 2 * MANY);
    assert_int_equal(ledger_balance(&ledger, id_of(7), "X59")->available_e8, MANY * E8);
}

static void creating_touches_the_settings_partition_of_the_address(void **state)
{
    (void)state;
    struct ledger wide;
    ledger_open(&wide, 1, 7);
    struct command command = creation();
    const struct event *event = ledger_command(&wide, &command);
    assert_int_equal(event->kind, EVENT_MARKET_MAKER_CREATED);
    const struct text digits = TEXT("abababababababababababababababab");
    assert_true(event_touches(event, SERVICE_SETTINGS, partition_of_key(digits, 7)));
    assert_int_equal(event->meta.touches_count, 1);
    ledger_close(&wide);
}

static void what_a_market_maker_lacks_refuses_it(void **state)
{
    (void)state;
    struct command command = creation();
    command.create_market_maker.name = (struct text){0};
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "name");
    command = creation();
    command.create_market_maker.email = (struct text){0};
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "email");
    command = creation();
    command.meta = command_by_user(COMMAND_CREATE_MARKET_MAKER, id_of(3)).meta;
    assert_refused(ledger_command(&ledger, &command), "FORBIDDEN", NULL);
    command.meta.has_actor = false;
    assert_refused(ledger_command(&ledger, &command), "FORBIDDEN", NULL);
    command = creation();
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_MARKET_MAKER_CREATED);
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "market_maker_id");
}

static void initial_balances_are_whole_certificates_within_range(void **state)
{
    (void)state;
    static const char FIELD[] = "initial_balances";
    assert_refused(create_with("EUR", E8), "ASSET_NOT_SUPPORTED", FIELD);
    assert_refused(create_with("XAU", E8), "ASSET_NOT_SUPPORTED", FIELD);
    assert_refused(create_with("CEA", -E8), "VALIDATION_FAILED", FIELD);
    assert_refused(create_with("CEA", E8 + 1), "VALIDATION_FAILED", FIELD);
    int64_t most_e8 = ACCOUNTS_AMOUNT_MAX_E8 / E8 * E8;
    assert_refused(create_with("CEA", most_e8 + E8), "AMOUNT_RANGE", FIELD);
    const struct event *event = create_with("CEA", most_e8);
    assert_int_equal(event->kind, EVENT_MARKET_MAKER_CREATED);
}

static void an_asset_given_twice_is_refused_and_a_zero_books_nothing(void **state)
{
    (void)state;
    struct create_market_maker_initial_balances_e8_entry entries[] = {{TEXT("CEA"), 0},
                                                                      {TEXT("CEA"), E8}};
    struct command command = creation();
    command.create_market_maker.initial_balances_e8 = entries;
    command.create_market_maker.initial_balances_e8_count = 2;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "initial_balances");
    command.create_market_maker.initial_balances_e8_count = 1;
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->kind, EVENT_MARKET_MAKER_CREATED);
    assert_int_equal(event->market_maker_created.transactions_count, 0);
    assert_int_equal(event->market_maker_created.postings_count, 0);
}

static void a_change_changes_what_is_given(void **state)
{
    (void)state;
    ledger_open_maker(&ledger, id_of(7));
    struct command command = command_by_operator(COMMAND_CHANGE_MARKET_MAKER);
    command.change_market_maker.market_maker_id = id_of(7);
    command.change_market_maker.has_description = true;
    command.change_market_maker.description = TEXT("sealed words");
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->kind, EVENT_MARKET_MAKER_CHANGED);
    const struct market_maker *maker = &accounts_account(ledger.state, id_of(7))->maker;
    assert_true(text_is(maker->name, "sealed name"));
    assert_true(text_is(maker->description, "sealed words"));
    assert_true(maker->updated_at > maker->created_at);
}

static void a_change_that_cannot_be_is_refused(void **state)
{
    (void)state;
    ledger_open_maker(&ledger, id_of(7));
    struct command command = command_by_operator(COMMAND_CHANGE_MARKET_MAKER);
    command.change_market_maker.market_maker_id = id_of(8);
    assert_refused(ledger_command(&ledger, &command), "NOT_FOUND", NULL);
    command.change_market_maker.market_maker_id = id_of(7);
    command.change_market_maker.has_name = true;
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "name");
    command.change_market_maker.has_name = false;
    command.change_market_maker.has_email = true;
    command.change_market_maker.email = TEXT("sealed other");
    assert_refused(ledger_command(&ledger, &command), "VALIDATION_FAILED", "email");
    command.change_market_maker.has_email_hash = true;
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->kind, EVENT_MARKET_MAKER_CHANGED);
    assert_true(event_touches(event, SERVICE_SETTINGS, 0));
}

static void a_change_is_made_from_the_version_it_was_made_for(void **state)
{
    (void)state;
    ledger_open_maker(&ledger, id_of(7));
    const struct accounts_account *account = accounts_account(ledger.state, id_of(7));
    assert_int_equal(account->maker.version, 1);
    struct command command = command_by_operator(COMMAND_CHANGE_MARKET_MAKER);
    command.change_market_maker.market_maker_id = id_of(7);
    command.change_market_maker.has_if_version = true;
    command.change_market_maker.if_version = 1;
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->kind, EVENT_MARKET_MAKER_CHANGED);
    assert_int_equal(event->market_maker_changed.market_maker.version, 2);
    assert_int_equal(account->about.version, 2);

    event = ledger_command(&ledger, &command);
    assert_refused(event, "VERSION_CONFLICT", NULL);
    assert_true(text_is(event->command_rejected.message,
                        "The change was made from version 1, but this is version 2 by now; read it "
                        "again and decide anew."));
    command.change_market_maker.has_if_version = false;
    event = ledger_command(&ledger, &command);
    assert_int_equal(event->market_maker_changed.market_maker.version, 3);
}

static void an_end_too_is_refused_from_another_version(void **state)
{
    (void)state;
    ledger_open_maker(&ledger, id_of(7));
    struct command command = command_by_operator(COMMAND_DEACTIVATE_MARKET_MAKER);
    command.deactivate_market_maker.market_maker_id = id_of(7);
    command.deactivate_market_maker.has_if_version = true;
    command.deactivate_market_maker.if_version = 2;
    assert_refused(ledger_command(&ledger, &command), "VERSION_CONFLICT", NULL);
    command.deactivate_market_maker.if_version = 1;
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->kind, EVENT_MARKET_MAKER_DEACTIVATED);
    assert_int_equal(event->market_maker_deactivated.market_maker.version, 2);
}

static void place_sale(uint32_t number)
{
    struct command command = limit_order(&ledger, order_id_of("CEA-EUR", number), id_of(7),
                                         "CEA-EUR", SIDE_SELL, 10 * E8, 5 * E8);
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ORDER_AUTHORIZED);
}

static void open_orders_keep_a_market_maker_active(void **state)
{
    (void)state;
    ledger_open_maker(&ledger, id_of(7));
    ledger_deposit(&ledger, id_of(7), "CEA", 100 * E8);
    place_sale(2);
    place_sale(1);
    struct command change = command_by_operator(COMMAND_CHANGE_MARKET_MAKER);
    change.change_market_maker.market_maker_id = id_of(7);
    change.change_market_maker.has_status = true;
    change.change_market_maker.status = MARKET_MAKER_STATUS_INACTIVE;
    assert_refused(ledger_command(&ledger, &change), "MARKET_MAKER_HAS_OPEN_ORDERS", NULL);
    struct command command = command_by_operator(COMMAND_DEACTIVATE_MARKET_MAKER);
    command.deactivate_market_maker.market_maker_id = id_of(7);
    assert_refused(ledger_command(&ledger, &command), "MARKET_MAKER_HAS_OPEN_ORDERS", NULL);

    command.deactivate_market_maker.cancel_orders = true;
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->kind, EVENT_MARKET_MAKER_DEACTIVATED);
    assert_int_equal(event->market_maker_deactivated.orders_count, 2);
    assert_true(uuid_equal(event->market_maker_deactivated.orders[0], order_id_of("CEA-EUR", 1)));
    assert_true(event_touches(event, SERVICE_ORDERS, 0));
    assert_int_equal(accounts_account(ledger.state, id_of(7))->about.status, ACCOUNT_STATUS_CLOSED);
}

static void a_market_maker_without_orders_is_deactivated_once_and_comes_back(void **state)
{
    (void)state;
    ledger_open_maker(&ledger, id_of(7));
    struct command command = command_by_operator(COMMAND_DEACTIVATE_MARKET_MAKER);
    command.deactivate_market_maker.market_maker_id = id_of(7);
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->kind, EVENT_MARKET_MAKER_DEACTIVATED);
    assert_int_equal(event->meta.touches_count, 0);
    assert_refused(ledger_command(&ledger, &command), "MARKET_MAKER_INACTIVE", NULL);
    struct command change = command_by_operator(COMMAND_CHANGE_MARKET_MAKER);
    change.change_market_maker.market_maker_id = id_of(7);
    change.change_market_maker.has_status = true;
    change.change_market_maker.status = MARKET_MAKER_STATUS_ACTIVE;
    assert_int_equal(ledger_command(&ledger, &change)->kind, EVENT_MARKET_MAKER_CHANGED);
    ledger_deposit(&ledger, id_of(7), "CEA", E8);
    command.deactivate_market_maker.market_maker_id = id_of(9);
    assert_refused(ledger_command(&ledger, &command), "NOT_FOUND", NULL);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_ledger, close_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_market_maker_is_created_with_its_balances),
        TEST(a_market_maker_may_begin_with_many_certificates),
        TEST(creating_touches_the_settings_partition_of_the_address),
        TEST(what_a_market_maker_lacks_refuses_it),
        TEST(initial_balances_are_whole_certificates_within_range),
        TEST(an_asset_given_twice_is_refused_and_a_zero_books_nothing),
        TEST(a_change_changes_what_is_given),
        TEST(a_change_that_cannot_be_is_refused),
        TEST(a_change_is_made_from_the_version_it_was_made_for),
        TEST(an_end_too_is_refused_from_another_version),
        TEST(open_orders_keep_a_market_maker_active),
        TEST(a_market_maker_without_orders_is_deactivated_once_and_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
