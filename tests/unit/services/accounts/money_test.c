/* Deposits, withdrawals, payouts, and the status of an account. */
#include "ledger.h"
#include "refused.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct ledger ledger;
static struct uuid client, maker;

static int open_ledger(void **state)
{
    (void)state;
    client = id_of(10);
    maker = id_of(20);
    ledger_open(&ledger, 0, 1);
    ledger_open_account(&ledger, client);
    ledger_open_maker(&ledger, maker);
    return 0;
}

static int close_ledger(void **state)
{
    (void)state;
    ledger_close(&ledger);
    return 0;
}

static const struct event *book(enum transaction_type type, struct uuid account_id,
                                const char *asset, int64_t amount_e8)
{
    struct command command = command_by_operator(COMMAND_RECORD_ASSET_TRANSACTION);
    command.record_asset_transaction =
        (struct record_asset_transaction){.transaction_id = id_of(99),
                                          .account_id = account_id,
                                          .asset = text_of(asset),
                                          .type = type,
                                          .amount_e8 = amount_e8};
    return ledger_command(&ledger, &command);
}

static void set_status(enum account_status status)
{
    struct command command = command_by_operator(COMMAND_SET_ACCOUNT_STATUS);
    command.set_account_status.account_id = client;
    command.set_account_status.status = status;
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ACCOUNT_STATUS_CHANGED);
}

static void a_deposit_and_a_withdrawal_say_the_balance_before_and_after(void **state)
{
    (void)state;
    const struct event *event = book(TRANSACTION_TYPE_DEPOSIT, client, "EUR", 1250 * E8 / 100);
    assert_int_equal(event->kind, EVENT_ASSET_TRANSACTION_RECORDED);
    const struct asset_transaction *transaction = &event->asset_transaction_recorded.transaction;
    assert_int_equal(transaction->balance_before_e8, 0);
    assert_int_equal(transaction->balance_after_e8, 1250 * E8 / 100);
    assert_int_equal(event->asset_transaction_recorded.postings_count, 2);
    assert_int_equal(event->asset_transaction_recorded.postings[1].book, LEDGER_BOOK_EXTERNAL);

    event = book(TRANSACTION_TYPE_WITHDRAWAL, client, "EUR", 250 * E8 / 100);
    transaction = &event->asset_transaction_recorded.transaction;
    assert_int_equal(transaction->balance_before_e8, 1250 * E8 / 100);
    assert_int_equal(transaction->balance_after_e8, 10 * E8);
    assert_true(accounts_shard_at(ledger.state, TEXT("EUR"))->external_e8 == -10 * E8);
}

static void a_withdrawal_takes_all_that_is_available_and_no_unit_more(void **state)
{
    (void)state;
    ledger_deposit(&ledger, client, "EUR", 10 * E8);
    const struct event *event =
        book(TRANSACTION_TYPE_WITHDRAWAL, client, "EUR", 10 * E8 + E8 / 100);
    assert_refused_by(event, "INSUFFICIENT_BALANCE");
    assert_true(text_is(event->command_rejected.message,
                        "10.01 EUR is more than the 10.00 that are available."));
    assert_int_equal(ledger_balance(&ledger, client, "EUR")->available_e8, 10 * E8);
    event = book(TRANSACTION_TYPE_WITHDRAWAL, client, "EUR", 10 * E8);
    assert_int_equal(event->kind, EVENT_ASSET_TRANSACTION_RECORDED);
    assert_int_equal(ledger_balance(&ledger, client, "EUR")->available_e8, 0);
}

static void what_is_locked_cannot_be_withdrawn(void **state)
{
    (void)state;
    ledger_deposit(&ledger, client, "EUR", 10 * E8);
    struct command order = limit_order(&ledger, order_id_of("CEA-EUR", 1), client, "CEA-EUR",
                                       SIDE_BUY, 2 * E8, 3 * E8);
    assert_int_equal(ledger_command(&ledger, &order)->kind, EVENT_ORDER_AUTHORIZED);
    assert_refused_by(book(TRANSACTION_TYPE_WITHDRAWAL, client, "EUR", 4 * E8 + E8 / 100),
                      "INSUFFICIENT_BALANCE");
    assert_int_equal(book(TRANSACTION_TYPE_WITHDRAWAL, client, "EUR", 4 * E8)->kind,
                     EVENT_ASSET_TRANSACTION_RECORDED);
}

static void amounts_are_refused_never_rounded(void **state)
{
    (void)state;
    const struct event *event = book(TRANSACTION_TYPE_DEPOSIT, client, "EUR", E8 / 1000);
    assert_refused_by(event, "VALIDATION_FAILED");
    assert_true(text_is(event->command_rejected.field, "amount"));
    assert_refused_by(book(TRANSACTION_TYPE_DEPOSIT, client, "CEA", E8 / 2), "VALIDATION_FAILED");
    assert_refused_by(book(TRANSACTION_TYPE_DEPOSIT, client, "EUR", 0), "VALIDATION_FAILED");
    assert_refused_by(book(TRANSACTION_TYPE_DEPOSIT, client, "EUR", -E8), "VALIDATION_FAILED");
    assert_refused_by(book(TRANSACTION_TYPE_DEPOSIT, client, "XAU", E8), "ASSET_NOT_SUPPORTED");
    assert_refused_by(book(TRANSACTION_TYPE_DEPOSIT, id_of(77), "EUR", E8), "NOT_FOUND");
}

static void no_deposit_takes_a_balance_past_the_bound(void **state)
{
    (void)state;
    int64_t most_e8 = ACCOUNTS_AMOUNT_MAX_E8 / E8 * E8;
    assert_refused_by(book(TRANSACTION_TYPE_DEPOSIT, client, "CEA", most_e8 + E8), "AMOUNT_RANGE");
    ledger_deposit(&ledger, client, "CEA", most_e8 - E8);
    assert_refused_by(book(TRANSACTION_TYPE_DEPOSIT, client, "CEA", 2 * E8), "AMOUNT_RANGE");
    ledger_deposit(&ledger, client, "CEA", E8);
    assert_refused_by(book(TRANSACTION_TYPE_DEPOSIT, client, "CEA", E8), "AMOUNT_RANGE");
}

static void bookings_are_for_staff(void **state)
{
    (void)state;
    struct command command = command_by_user(COMMAND_RECORD_ASSET_TRANSACTION, client);
    command.record_asset_transaction.account_id = client;
    command.record_asset_transaction.asset = TEXT("EUR");
    command.record_asset_transaction.amount_e8 = E8;
    assert_refused_by(ledger_command(&ledger, &command), "FORBIDDEN");
    command = command_by_user(COMMAND_SET_ACCOUNT_STATUS, client);
    command.set_account_status.account_id = client;
    assert_refused_by(ledger_command(&ledger, &command), "FORBIDDEN");
}

static void a_market_maker_deals_in_certificates_only(void **state)
{
    (void)state;
    assert_refused_by(book(TRANSACTION_TYPE_DEPOSIT, maker, "EUR", E8), "ASSET_NOT_SUPPORTED");
    assert_refused_by(book(TRANSACTION_TYPE_WITHDRAWAL, maker, "USD", E8), "ASSET_NOT_SUPPORTED");
    assert_refused_by(book(TRANSACTION_TYPE_PAYOUT, maker, "EUR", E8), "INSUFFICIENT_BALANCE");
    assert_refused_by(book(TRANSACTION_TYPE_PAYOUT, client, "EUR", E8), "VALIDATION_FAILED");
    ledger_deposit(&ledger, maker, "EUA", 3 * E8);
    assert_int_equal(ledger_balance(&ledger, maker, "EUA")->available_e8, 3 * E8);
}

static void an_inactive_market_maker_takes_nothing_in_but_may_empty_its_account(void **state)
{
    (void)state;
    ledger_deposit(&ledger, maker, "CEA", 3 * E8);
    struct command command = command_by_operator(COMMAND_DEACTIVATE_MARKET_MAKER);
    command.deactivate_market_maker.market_maker_id = maker;
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_MARKET_MAKER_DEACTIVATED);
    assert_refused_by(book(TRANSACTION_TYPE_DEPOSIT, maker, "CEA", E8), "MARKET_MAKER_INACTIVE");
    assert_int_equal(book(TRANSACTION_TYPE_WITHDRAWAL, maker, "CEA", 3 * E8)->kind,
                     EVENT_ASSET_TRANSACTION_RECORDED);
}

static void the_status_says_what_may_come_in(void **state)
{
    (void)state;
    const struct event registered = {.kind = EVENT_USER_REGISTERED,
                                     .user_registered = {.account_id = id_of(11)}};
    const struct event *event = ledger_follow(&ledger, &registered);
    assert_int_equal(event->account_opened.account.status, ACCOUNT_STATUS_PENDING_KYC);
    assert_int_equal(event->account_opened.account.version, 1);
    assert_int_equal(event->key.size, UUID_TEXT_SIZE);
    ledger_deposit(&ledger, id_of(11), "EUR", E8);
    ledger_deposit(&ledger, client, "EUR", E8);
    set_status(ACCOUNT_STATUS_RESTRICTED);
    assert_refused_by(book(TRANSACTION_TYPE_DEPOSIT, client, "EUR", E8), "ACCOUNT_RESTRICTED");
    set_status(ACCOUNT_STATUS_CLOSED);
    assert_refused_by(book(TRANSACTION_TYPE_DEPOSIT, client, "EUR", E8), "ACCOUNT_NOT_ACTIVE");
    assert_int_equal(book(TRANSACTION_TYPE_WITHDRAWAL, client, "EUR", E8)->kind,
                     EVENT_ASSET_TRANSACTION_RECORDED);
}

static void a_status_that_cannot_be_set_is_refused(void **state)
{
    (void)state;
    struct command command = command_by_operator(COMMAND_SET_ACCOUNT_STATUS);
    command.set_account_status.account_id = client;
    command.set_account_status.status = ACCOUNT_STATUS_PENDING_KYC;
    assert_refused_by(ledger_command(&ledger, &command), "VALIDATION_FAILED");
    command.set_account_status.status = ACCOUNT_STATUS_ACTIVE;
    command.set_account_status.account_id = maker;
    assert_refused_by(ledger_command(&ledger, &command), "VALIDATION_FAILED");
    command.set_account_status.account_id = id_of(77);
    assert_refused_by(ledger_command(&ledger, &command), "NOT_FOUND");
    command.set_account_status.account_id = client;
    command.set_account_status.has_reason = true;
    command.set_account_status.reason = TEXT("checked");
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ACCOUNT_STATUS_CHANGED);
    assert_true(text_is(accounts_account(ledger.state, client)->about.reason, "checked"));
}

static void a_status_is_set_from_the_version_it_was_chosen_for(void **state)
{
    (void)state;
    const struct accounts_account *account = accounts_account(ledger.state, client);
    int64_t first = account->about.version;
    assert_true(first >= 1);
    set_status(ACCOUNT_STATUS_RESTRICTED);
    set_status(ACCOUNT_STATUS_ACTIVE);
    ledger_deposit(&ledger, client, "CEA", E8); /* a balance is no part of what is versioned */
    struct command command = command_by_operator(COMMAND_SET_ACCOUNT_STATUS);
    command.set_account_status.account_id = client;
    command.set_account_status.status = ACCOUNT_STATUS_ACTIVE;
    command.set_account_status.has_if_version = true;
    command.set_account_status.if_version = first + 1;
    assert_refused_by(ledger_command(&ledger, &command), "VERSION_CONFLICT");
    command.set_account_status.if_version = first + 2;
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ACCOUNT_STATUS_CHANGED);
}

static void an_asset_is_known_from_its_adoption_on(void **state)
{
    (void)state;
    const struct event created = {
        .kind = EVENT_ASSET_CREATED,
        .asset_created.asset = {
            .code = TEXT("XAU"), .name = TEXT("Gold"), .kind = ASSET_KIND_CRYPTO, .scale = 4}};
    assert_int_equal(ledger_follow(&ledger, &created)->kind, EVENT_ASSET_ADOPTED);
    ledger_deposit(&ledger, client, "XAU", E8 / 10000);
    assert_refused_by(book(TRANSACTION_TYPE_DEPOSIT, client, "XAU", E8 / 100000),
                      "VALIDATION_FAILED");
    assert_refused_by(book(TRANSACTION_TYPE_DEPOSIT, maker, "XAU", E8), "ASSET_NOT_SUPPORTED");
}

static void a_command_of_another_service_is_refused(void **state)
{
    (void)state;
    struct command command = command_by_operator(COMMAND_CANCEL_ORDER);
    assert_refused_by(ledger_command(&ledger, &command), "VALIDATION_FAILED");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_ledger, close_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_deposit_and_a_withdrawal_say_the_balance_before_and_after),
        TEST(a_withdrawal_takes_all_that_is_available_and_no_unit_more),
        TEST(what_is_locked_cannot_be_withdrawn),
        TEST(amounts_are_refused_never_rounded),
        TEST(no_deposit_takes_a_balance_past_the_bound),
        TEST(bookings_are_for_staff),
        TEST(a_market_maker_deals_in_certificates_only),
        TEST(an_inactive_market_maker_takes_nothing_in_but_may_empty_its_account),
        TEST(the_status_says_what_may_come_in),
        TEST(a_status_that_cannot_be_set_is_refused),
        TEST(a_status_is_set_from_the_version_it_was_chosen_for),
        TEST(an_asset_is_known_from_its_adoption_on),
        TEST(a_command_of_another_service_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
