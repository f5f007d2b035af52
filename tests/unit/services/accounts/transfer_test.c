/* Money on its way: payment methods, deposits and withdrawals, and the limits they are held
 * against. */
#include "accounts/funding.h"
#include "base/time.h"
#include "ledger.h"
#include "refused.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct ledger ledger;
static struct uuid client, method;

/* Hashes are told apart by their first byte. */
static const struct event *verify(uint8_t first, uint8_t second)
{
    struct command command = command_by_user(COMMAND_VERIFY_PAYMENT_METHOD, client);
    command.verify_payment_method =
        (struct verify_payment_method){.account_id = client,
                                       .payment_method_id = method,
                                       .first_hash = {.bytes = {first}},
                                       .second_hash = {.bytes = {second}}};
    return ledger_command(&ledger, &command);
}

static void add_method(void)
{
    struct command command = command_by_user(COMMAND_ADD_PAYMENT_METHOD, client);
    command.add_payment_method =
        (struct add_payment_method){.account_id = client,
                                    .payment_method_id = method,
                                    .kind = PAYMENT_METHOD_KIND_BANK_ACCOUNT,
                                    .details = TEXT("sealed"),
                                    .shown = TEXT("sealed"),
                                    .small_deposits = TEXT("sealed"),
                                    .first_hash = {.bytes = {12}},
                                    .second_hash = {.bytes = {34}}};
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_PAYMENT_METHOD_ADDED);
}

static struct command limits(int64_t cool_off_s)
{
    struct command command = command_by_operator(COMMAND_SET_TRANSFER_LIMITS);
    command.set_transfer_limits = (struct set_transfer_limits){
        .account_id = client, .has_cool_off_s = true, .cool_off_s = cool_off_s};
    return command;
}

static int open_ledger(void **state)
{
    (void)state;
    client = id_of(10);
    method = id_of(30);
    ledger_open(&ledger, 0, 1);
    ledger_open_account(&ledger, client);
    ledger_deposit(&ledger, client, "EUR", 1000 * E8);
    add_method();
    return 0;
}

static int open_verified(void **state)
{
    open_ledger(state);
    struct command command = limits(0);
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_TRANSFER_LIMITS_SET);
    assert_int_equal(verify(12, 34)->payment_method_changed.method.status,
                     PAYMENT_METHOD_STATUS_VERIFIED);
    return 0;
}

static int close_ledger(void **state)
{
    (void)state;
    ledger_close(&ledger);
    return 0;
}

static struct command wish(uint32_t number, enum transfer_type type, int64_t amount_e8)
{
    struct command command = command_by_user(COMMAND_REQUEST_TRANSFER, client);
    command.request_transfer = (struct request_transfer){.account_id = client,
                                                         .transfer_id = id_of(number),
                                                         .payment_method_id = method,
                                                         .type = type,
                                                         .asset = TEXT("EUR"),
                                                         .amount_e8 = amount_e8};
    return command;
}

static const struct event *ask(uint32_t number, enum transfer_type type, int64_t amount_e8)
{
    struct command command = wish(number, type, amount_e8);
    return ledger_command(&ledger, &command);
}

static const struct event *settle(uint32_t number, enum transfer_status status)
{
    struct command command = command_by_operator(COMMAND_SETTLE_TRANSFER);
    command.settle_transfer =
        (struct settle_transfer){.transfer_id = id_of(number), .status = status};
    return ledger_command(&ledger, &command);
}

static void assert_eur(int64_t available_e8, int64_t locked_e8)
{
    const struct accounts_balance *balance = ledger_balance(&ledger, client, "EUR");
    assert_int_equal(balance->available_e8, available_e8);
    assert_int_equal(balance->locked_e8, locked_e8);
}

static void a_withdrawal_is_locked_then_paid_and_never_twice(void **state)
{
    (void)state;
    const struct event *event = ask(1, TRANSFER_TYPE_WITHDRAWAL, 400 * E8);
    assert_int_equal(event->kind, EVENT_TRANSFER_REQUESTED);
    assert_int_equal(event->transfer_requested.transfer.status, TRANSFER_STATUS_PENDING);
    assert_eur(600 * E8, 400 * E8);
    assert_refused_by(ask(2, TRANSFER_TYPE_WITHDRAWAL, 600 * E8 + E8 / 100), "INSUFFICIENT_FUNDS");
    assert_int_equal(settle(1, TRANSFER_STATUS_PROCESSING)->kind, EVENT_TRANSFER_CHANGED);
    assert_refused_by(settle(1, TRANSFER_STATUS_PROCESSING), "TRANSFER_NOT_OPEN");
    event = settle(1, TRANSFER_STATUS_COMPLETED);
    assert_int_equal(event->transfer_changed.postings_count, 2);
    assert_int_equal(event->transfer_changed.postings[1].book, LEDGER_BOOK_EXTERNAL);
    assert_int_equal(event->transfer_changed.transaction.balance_before_e8, 1000 * E8);
    assert_int_equal(event->transfer_changed.transaction.balance_after_e8, 600 * E8);
    assert_eur(600 * E8, 0);
    assert_refused_by(settle(1, TRANSFER_STATUS_COMPLETED), "TRANSFER_NOT_OPEN");
    assert_refused_by(settle(1, TRANSFER_STATUS_FAILED), "TRANSFER_NOT_OPEN");
    assert_eur(600 * E8, 0);
    assert_true(accounts_shard_at(ledger.state, TEXT("EUR"))->external_e8 == -600 * E8);
}

/* The key that made its id may be forgotten; the id is not, be the transfer open or over. */
static void an_id_is_good_for_one_transfer(void **state)
{
    (void)state;
    assert_int_equal(ask(40, TRANSFER_TYPE_DEPOSIT, 100 * E8)->kind, EVENT_TRANSFER_REQUESTED);
    assert_refused_by(ask(40, TRANSFER_TYPE_DEPOSIT, 100 * E8), "IDEMPOTENCY_KEY_REUSED");
    assert_int_equal(settle(40, TRANSFER_STATUS_COMPLETED)->kind, EVENT_TRANSFER_CHANGED);
    assert_refused_by(ask(40, TRANSFER_TYPE_DEPOSIT, 100 * E8), "IDEMPOTENCY_KEY_REUSED");
}

static void a_deposit_moves_nothing_before_it_is_there(void **state)
{
    (void)state;
    assert_int_equal(ask(1, TRANSFER_TYPE_DEPOSIT, 5 * E8)->transfer_requested.balances_count, 0);
    assert_eur(1000 * E8, 0);
    const struct event *event = settle(1, TRANSFER_STATUS_COMPLETED);
    assert_int_equal(event->transfer_changed.transaction.type, TRANSACTION_TYPE_DEPOSIT);
    assert_eur(1005 * E8, 0);
}

static void what_fails_or_is_canceled_is_free_and_counts_no_more(void **state)
{
    (void)state;
    struct command cancel = command_by_user(COMMAND_CANCEL_TRANSFER, client);
    cancel.cancel_transfer = (struct cancel_transfer){client, id_of(1)};
    ask(1, TRANSFER_TYPE_WITHDRAWAL, 700 * E8);
    assert_int_equal(ledger_command(&ledger, &cancel)->kind, EVENT_TRANSFER_CHANGED);
    assert_refused_by(ledger_command(&ledger, &cancel), "NOT_FOUND");
    ask(2, TRANSFER_TYPE_WITHDRAWAL, 700 * E8);
    const struct event *event = settle(2, TRANSFER_STATUS_FAILED);
    assert_int_equal(event->transfer_changed.use.day_e8, 0);
    assert_int_equal(event->transfer_changed.use.month_e8, 0);
    assert_int_equal(event->transfer_changed.postings_count, 0);
    assert_eur(1000 * E8, 0);
    ask(3, TRANSFER_TYPE_WITHDRAWAL, 700 * E8);
    settle(3, TRANSFER_STATUS_PROCESSING);
    cancel.cancel_transfer.transfer_id = id_of(3);
    assert_refused_by(ledger_command(&ledger, &cancel), "TRANSFER_NOT_OPEN");
}

static void limits_of_a_transfer_a_day_and_a_month_begin_anew(void **state)
{
    (void)state;
    assert_refused_by(ask(1, TRANSFER_TYPE_DEPOSIT, 1000 * E8 + E8 / 100),
                      "TRANSFER_LIMIT_EXCEEDED");
    assert_int_equal(ask(1, TRANSFER_TYPE_DEPOSIT, 1000 * E8)->kind, EVENT_TRANSFER_REQUESTED);
    assert_int_equal(ask(2, TRANSFER_TYPE_DEPOSIT, 1000 * E8)->kind, EVENT_TRANSFER_REQUESTED);
    assert_refused_by(ask(3, TRANSFER_TYPE_DEPOSIT, E8 / 100), "TRANSFER_LIMIT_EXCEEDED");
    assert_int_equal(ask(4, TRANSFER_TYPE_WITHDRAWAL, E8)->kind, EVENT_TRANSFER_REQUESTED);
    int64_t month = time_month_start(ledger.now_us);
    ledger.now_us = time_month_start(month + 31 * DAY_US);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(ask(10 + i, TRANSFER_TYPE_DEPOSIT, 1000 * E8)->kind,
                         EVENT_TRANSFER_REQUESTED);
        ledger.now_us += DAY_US;
    }
    assert_refused_by(ask(20, TRANSFER_TYPE_DEPOSIT, E8 / 100), "TRANSFER_LIMIT_EXCEEDED");
    ledger.now_us = time_month_start(ledger.now_us + 31 * DAY_US);
    assert_int_equal(ask(20, TRANSFER_TYPE_DEPOSIT, E8 / 100)->kind, EVENT_TRANSFER_REQUESTED);
}

static void a_new_destination_waits_and_an_unverified_one_gets_nothing(void **state)
{
    (void)state;
    assert_refused_by(ask(1, TRANSFER_TYPE_WITHDRAWAL, E8), "PAYMENT_METHOD_UNVERIFIED");
    assert_int_equal(verify(12, 12)->payment_method_changed.method.attempts_left, 2);
    verify(34, 12);
    assert_refused_by(ask(1, TRANSFER_TYPE_WITHDRAWAL, E8), "DESTINATION_COOLING_OFF");
    assert_int_equal(ask(2, TRANSFER_TYPE_DEPOSIT, E8)->kind, EVENT_TRANSFER_REQUESTED);
    const struct accounts_method *known =
        accounts_method(accounts_account(ledger.state, client), method);
    ledger.now_us = known->about.verified_at + DAY_US - 2; /* each input comes 1 later */
    assert_refused_by(ask(1, TRANSFER_TYPE_WITHDRAWAL, E8), "DESTINATION_COOLING_OFF");
    assert_int_equal(ask(1, TRANSFER_TYPE_WITHDRAWAL, E8)->kind, EVENT_TRANSFER_REQUESTED);
}

/* --- the allow-list --- */

static struct uuid second; /* another payment method of the client's, once it is verified */

static void verify_second(void)
{
    struct uuid first = method;
    second = method = id_of(31);
    add_method();
    verify(12, 34);
    method = first;
}

static const struct event *allow(struct uuid method_id, uint32_t number)
{
    struct command command = command_by_user(COMMAND_ALLOW_DESTINATION, client);
    command.allow_destination = (struct allow_destination){client, id_of(number), method_id};
    return ledger_command(&ledger, &command);
}

static const struct event *disallow(uint32_t number)
{
    struct command command = command_by_user(COMMAND_DISALLOW_DESTINATION, client);
    command.disallow_destination = (struct disallow_destination){client, id_of(number)};
    return ledger_command(&ledger, &command);
}

static const struct event *withdraw_by(struct uuid method_id, uint32_t number)
{
    struct command command = wish(number, TRANSFER_TYPE_WITHDRAWAL, E8);
    command.request_transfer.payment_method_id = method_id;
    return ledger_command(&ledger, &command);
}

static void set_cool_off(int64_t cool_off_s)
{
    struct command command = limits(cool_off_s);
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_TRANSFER_LIMITS_SET);
}

static void withdrawals_go_to_what_is_on_the_list_and_deposits_come_from_anywhere(void **state)
{
    (void)state;
    verify_second();
    assert_int_equal(allow(method, 50)->kind, EVENT_DESTINATION_ALLOWED);
    assert_int_equal(withdraw_by(method, 1)->kind, EVENT_TRANSFER_REQUESTED);
    assert_refused_by(withdraw_by(second, 2), "DESTINATION_NOT_ALLOWED");
    struct command deposit = wish(3, TRANSFER_TYPE_DEPOSIT, E8);
    deposit.request_transfer.payment_method_id = second;
    assert_int_equal(ledger_command(&ledger, &deposit)->kind, EVENT_TRANSFER_REQUESTED);
    assert_int_equal(allow(second, 51)->kind, EVENT_DESTINATION_ALLOWED);
    assert_int_equal(withdraw_by(second, 4)->kind, EVENT_TRANSFER_REQUESTED);
    assert_int_equal(disallow(50)->kind, EVENT_DESTINATION_DISALLOWED);
    assert_refused_by(withdraw_by(method, 5), "DESTINATION_NOT_ALLOWED");
}

static void only_what_is_added_to_a_list_that_binds_cools_off_anew(void **state)
{
    (void)state;
    verify_second();
    set_cool_off(3600);
    ledger.now_us += 3600 * SECOND_US;
    allow(method, 50);
    assert_int_equal(withdraw_by(method, 1)->kind, EVENT_TRANSFER_REQUESTED);
    int64_t added_at = allow(second, 51)->destination_allowed.destination.known_since;
    assert_int_equal(added_at, ledger.now_us);
    ledger.now_us = added_at + 3600 * SECOND_US - 2; /* each input comes 1 later */
    assert_refused_by(withdraw_by(second, 2), "DESTINATION_COOLING_OFF");
    assert_int_equal(withdraw_by(second, 2)->kind, EVENT_TRANSFER_REQUESTED);
}

static void an_emptied_list_binds_for_as_long_as_a_new_destination_waits(void **state)
{
    (void)state;
    set_cool_off(3600);
    ledger.now_us += 3600 * SECOND_US;
    allow(method, 50);
    disallow(50);
    assert_refused_by(withdraw_by(method, 1), "DESTINATION_NOT_ALLOWED");
    int64_t known_since = allow(method, 51)->destination_allowed.destination.known_since;
    assert_int_equal(known_since, ledger.now_us);
    assert_refused_by(withdraw_by(method, 1), "DESTINATION_COOLING_OFF");
    disallow(51);
    ledger.now_us += 3600 * SECOND_US - 2; /* each input comes 1 later */
    assert_refused_by(withdraw_by(method, 1), "DESTINATION_NOT_ALLOWED");
    assert_int_equal(withdraw_by(method, 1)->kind, EVENT_TRANSFER_REQUESTED);
}

static void a_payment_method_that_is_removed_takes_its_place_along(void **state)
{
    (void)state;
    verify_second();
    set_cool_off(3600);
    allow(second, 50);
    struct command command = command_by_user(COMMAND_REMOVE_PAYMENT_METHOD, client);
    command.remove_payment_method = (struct remove_payment_method){client, second};
    const struct event *event = ledger_command(&ledger, &command);
    assert_true(event->payment_method_changed.has_disallowed);
    assert_refused_by(withdraw_by(method, 1), "DESTINATION_NOT_ALLOWED");
    assert_refused_by(disallow(50), "NOT_FOUND");
}

static void what_cannot_be_on_the_list_is_refused(void **state)
{
    (void)state;
    assert_refused_by(allow(method, 50), "PAYMENT_METHOD_UNVERIFIED");
    assert_refused_by(allow(id_of(99), 50), "NOT_FOUND");
    verify(12, 34);
    allow(method, 50);
    assert_refused_by(allow(method, 51), "VALIDATION_FAILED");
    struct command command = command_by_user(COMMAND_DISALLOW_DESTINATION, client);
    command.meta.actor.user_id = id_of(11);
    command.disallow_destination = (struct disallow_destination){client, id_of(50)};
    assert_refused_by(ledger_command(&ledger, &command), "NOT_FOUND");
    command = command_by_user(COMMAND_ALLOW_DESTINATION, client);
    command.meta.actor.user_id = id_of(11);
    command.allow_destination = (struct allow_destination){client, id_of(52), method};
    assert_refused_by(ledger_command(&ledger, &command), "NOT_FOUND");
}

/* --- who is told --- */

static void want_to_hear(bool transfers)
{
    struct event changed = {
        .kind = EVENT_NOTIFICATION_SETTINGS_CHANGED,
        .notification_settings_changed = {.account_id = client, .transfers = transfers}};
    assert_int_equal(ledger_follow(&ledger, &changed)->kind, EVENT_NOTICES_ADOPTED);
}

static void assert_told(const struct event *event, bool told)
{
    assert_int_equal(event->kind, EVENT_TRANSFER_CHANGED);
    assert_int_equal(event->transfer_changed.has_notified_user_id, told);
    assert_int_equal(event->meta.touches_count, told);
}

static void a_client_hears_of_the_end_of_a_transfer_that_is_not_by_his_own_hand(void **state)
{
    (void)state;
    ask(1, TRANSFER_TYPE_DEPOSIT, E8);
    assert_told(settle(1, TRANSFER_STATUS_PROCESSING), false);
    assert_told(settle(1, TRANSFER_STATUS_COMPLETED), true);
    ask(2, TRANSFER_TYPE_WITHDRAWAL, E8);
    assert_told(settle(2, TRANSFER_STATUS_FAILED), true);
    struct command cancel = command_by_user(COMMAND_CANCEL_TRANSFER, client);
    cancel.cancel_transfer = (struct cancel_transfer){client, id_of(3)};
    ask(3, TRANSFER_TYPE_WITHDRAWAL, E8);
    assert_told(ledger_command(&ledger, &cancel), false);
}

static void who_does_not_want_to_hear_of_transfers_is_not_told(void **state)
{
    (void)state;
    want_to_hear(false);
    ask(1, TRANSFER_TYPE_DEPOSIT, E8);
    assert_told(settle(1, TRANSFER_STATUS_COMPLETED), false);
    want_to_hear(true);
    ask(2, TRANSFER_TYPE_DEPOSIT, E8);
    assert_told(settle(2, TRANSFER_STATUS_COMPLETED), true);
}

/* --- notices and snapshots --- */

static void a_notice_counts_without_an_actor_and_an_actor_not_as_a_notice(void **state)
{
    (void)state;
    ask(1, TRANSFER_TYPE_DEPOSIT, E8);
    struct command command = command_by_user(COMMAND_SETTLE_TRANSFER, client);
    command.settle_transfer = (struct settle_transfer){.transfer_id = id_of(1),
                                                       .status = TRANSFER_STATUS_COMPLETED,
                                                       .has_provider = true,
                                                       .provider = TEXT("bank")};
    assert_refused_by(ledger_command(&ledger, &command), "FORBIDDEN");
    command.meta.has_actor = false;
    command.settle_transfer.has_provider = false;
    assert_refused_by(ledger_command(&ledger, &command), "FORBIDDEN");
    command.settle_transfer.has_provider = true;
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_TRANSFER_CHANGED);
    assert_eur(1001 * E8, 0);
}

static void what_is_under_way_survives_a_snapshot_and_a_replay(void **state)
{
    (void)state;
    ask(1, TRANSFER_TYPE_WITHDRAWAL, 100 * E8);
    ask(2, TRANSFER_TYPE_DEPOSIT, 7 * E8);
    settle(2, TRANSFER_STATUS_PROCESSING);
    allow(method, 50);
    disallow(50);
    allow(method, 51);
    struct accounts_state *replayed = ledger_replayed(&ledger);
    struct accounts_state *loaded = accounts_state_new(&ledger.place);
    struct buffer saved = ledger_saved(ledger.state), again = ledger_saved(replayed);
    assert_int_equal(accounts_load(loaded, buffer_bytes(&saved)), OK);
    struct buffer third = ledger_saved(loaded);
    assert_int_equal(saved.size, again.size);
    assert_memory_equal(saved.data, again.data, saved.size);
    assert_int_equal(saved.size, third.size);
    assert_memory_equal(saved.data, third.data, saved.size);
    assert_int_equal(accounts_transfer(loaded, id_of(2))->about.status, TRANSFER_STATUS_PROCESSING);
    for (size_t size = 0; size < saved.size; size++) { /* a part of it is refused, not read past */
        struct accounts_state *part = accounts_state_new(&ledger.place);
        assert_int_equal(accounts_load(part, (struct bytes){saved.data, size}), ERR_POISON);
        accounts_state_free(part);
    }
    buffer_free(&saved);
    buffer_free(&again);
    buffer_free(&third);
    accounts_state_free(replayed);
    accounts_state_free(loaded);
}

#define VERIFIED(test) cmocka_unit_test_setup_teardown(test, open_verified, close_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERIFIED(a_withdrawal_is_locked_then_paid_and_never_twice),
        VERIFIED(an_id_is_good_for_one_transfer),
        VERIFIED(a_deposit_moves_nothing_before_it_is_there),
        VERIFIED(what_fails_or_is_canceled_is_free_and_counts_no_more),
        VERIFIED(limits_of_a_transfer_a_day_and_a_month_begin_anew),
        cmocka_unit_test_setup_teardown(a_new_destination_waits_and_an_unverified_one_gets_nothing,
                                        open_ledger, close_ledger),
        VERIFIED(withdrawals_go_to_what_is_on_the_list_and_deposits_come_from_anywhere),
        VERIFIED(only_what_is_added_to_a_list_that_binds_cools_off_anew),
        VERIFIED(an_emptied_list_binds_for_as_long_as_a_new_destination_waits),
        VERIFIED(a_payment_method_that_is_removed_takes_its_place_along),
        cmocka_unit_test_setup_teardown(what_cannot_be_on_the_list_is_refused, open_ledger,
                                        close_ledger),
        VERIFIED(a_client_hears_of_the_end_of_a_transfer_that_is_not_by_his_own_hand),
        VERIFIED(who_does_not_want_to_hear_of_transfers_is_not_told),
        VERIFIED(a_notice_counts_without_an_actor_and_an_actor_not_as_a_notice),
        VERIFIED(what_is_under_way_survives_a_snapshot_and_a_replay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
