/* Commands that were set aside: decided anew by an admin, once, as they came, by what holds then.
 */
#include "base/time.h"
#include "ledger.h"
#include "refused.h"
#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { OPERATOR = 1, ADMIN = 5, SECOND = 6 };

static struct ledger ledger;
static struct uuid client;
static uint32_t letters_made;

static void appoint(uint32_t user, enum role role)
{
    const struct event changed = {
        .kind = EVENT_USER_CHANGED,
        .user_changed = {.user_id = id_of(user), .roles = &role, .roles_count = 1}};
    assert_int_equal(ledger_follow(&ledger, &changed)->kind, EVENT_STAFF_ADOPTED);
}

static int open_ledger(void **state)
{
    (void)state;
    client = id_of(10);
    letters_made = 0;
    ledger_open(&ledger, 0, 1);
    ledger_open_account(&ledger, client);
    appoint(ADMIN, ROLE_ADMIN);
    appoint(SECOND, ROLE_ADMIN);
    return 0;
}

static int close_ledger(void **state)
{
    (void)state;
    ledger_close(&ledger);
    return 0;
}

static void set_rules(struct approval_rules rules)
{
    rules.expires_after_s = 60;
    const struct event changed = {
        .kind = EVENT_VENUE_RULES_CHANGED,
        .venue_rules_changed.rules = {.version = 2, .has_approvals = true, .approvals = rules}};
    assert_int_equal(ledger_follow(&ledger, &changed)->kind, EVENT_VENUE_RULES_ADOPTED);
}

static struct command booking(enum transaction_type type, int64_t amount_e8)
{
    struct command command = command_by_operator(COMMAND_RECORD_ASSET_TRANSACTION);
    command.meta.command_id = id_of(++letters_made + 1000);
    command.record_asset_transaction =
        (struct record_asset_transaction){.transaction_id = id_of(99),
                                          .account_id = client,
                                          .asset = TEXT("EUR"),
                                          .type = type,
                                          .amount_e8 = amount_e8,
                                          .has_notes = true,
                                          .notes = TEXT("as it came")};
    return command;
}

/* What the runtime says of bytes that it cannot read, or of a command that ended it. */
static struct uuid set_aside_bytes(struct bytes bytes, const struct command *command)
{
    char key[UUID_TEXT_SIZE];
    uuid_print(client, key);
    struct event event = {.kind = EVENT_COMMAND_REJECTED,
                          .key = {key, sizeof key},
                          .meta = {.service = TEXT("accounts"),
                                   .event_id = id_of(++letters_made << 8),
                                   .occurred_at = ++ledger.now_us,
                                   .has_request = true,
                                   .request = bytes}};
    event_reject(&event, command == NULL ? "VALIDATION_FAILED" : "COMMAND_POISON", TEXT("aside"),
                 NULL);
    if (command != NULL) {
        event.meta.has_command_id = true;
        event.meta.command_id = command->meta.command_id;
    }
    return letter_id(ledger_happen(&ledger, &event));
}

static struct uuid set_aside(const struct command *command)
{
    struct buffer value;
    buffer_init(&value, WIRE_VALUE_SIZE_MAX);
    command_encode(command, &value);
    struct uuid id = set_aside_bytes(buffer_bytes(&value), command);
    buffer_free(&value);
    return id;
}

static struct command by(enum command_kind kind, uint32_t user, enum role *role)
{
    struct command command = command_by_operator(kind);
    command.meta.command_id = id_of(++letters_made + 3000);
    command.meta.actor.user_id = id_of(user);
    command.meta.actor.roles = role;
    return command;
}

static const struct event *retry_by(uint32_t user, enum role role, struct uuid id)
{
    struct command command = by(COMMAND_RETRY_DEAD_LETTER, user, &role);
    command.retry_dead_letter = (struct retry_dead_letter){
        .letter_id = id, .has_command_id = true, .reason = TEXT("it was mended")};
    return ledger_command(&ledger, &command);
}

static const struct event *retry(struct uuid id)
{
    return retry_by(ADMIN, ROLE_ADMIN, id);
}

static const struct event *approve(uint32_t user, struct uuid approval_id)
{
    enum role role = ROLE_ADMIN;
    struct command command = by(COMMAND_APPROVE_REQUEST, user, &role);
    command.approve_request.approval_id = approval_id;
    return ledger_command(&ledger, &command);
}

static int64_t euros_e8(void)
{
    const struct accounts_balance *balance = ledger_balance(&ledger, client, "EUR");
    return balance == NULL ? 0 : balance->available_e8;
}

static void what_was_set_aside_happens_once_as_it_came(void **state)
{
    (void)state;
    const struct command command = booking(TRANSACTION_TYPE_DEPOSIT, 5 * E8);
    struct uuid id = set_aside(&command);
    enum service_id service;
    assert_int_equal(uuid_service(id, &service), OK);
    assert_int_equal(service, SERVICE_ACCOUNTS);
    const struct event *event = retry(id);
    assert_int_equal(event->kind, EVENT_ASSET_TRANSACTION_RECORDED);
    assert_true(text_is(event->asset_transaction_recorded.transaction.notes, "as it came"));
    char key[UUID_TEXT_SIZE];
    uuid_print(client, key);
    assert_true(text_equal(event->key, (struct text){key, sizeof key}));
    assert_int_equal(euros_e8(), 5 * E8);
    assert_refused_by(retry(id), "DEAD_LETTER_NOT_WAITING");
    assert_refused_by(retry(id_of(7)), "DEAD_LETTER_NOT_WAITING");
    assert_int_equal(euros_e8(), 5 * E8);
}

static void only_an_admin_retries_and_whoever_sent_it_must_still_be_allowed_to(void **state)
{
    (void)state;
    const struct command command = booking(TRANSACTION_TYPE_DEPOSIT, 5 * E8);
    struct uuid id = set_aside(&command);
    assert_refused_by(retry_by(OPERATOR, ROLE_OPERATOR, id), "FORBIDDEN");
    assert_refused_by(retry_by(OPERATOR, ROLE_ADMIN, id), "FORBIDDEN"); /* as he says */
    appoint(OPERATOR, ROLE_USER);
    assert_refused_by(retry(id), "FORBIDDEN");
    assert_int_equal(euros_e8(), 0);
    appoint(OPERATOR, ROLE_OPERATOR);
    assert_int_equal(retry(id)->kind, EVENT_ASSET_TRANSACTION_RECORDED);
}

static void what_is_refused_anew_waits_on(void **state)
{
    (void)state;
    const struct command command = booking(TRANSACTION_TYPE_WITHDRAWAL, 5 * E8);
    struct uuid id = set_aside(&command);
    assert_refused_by(retry(id), "INSUFFICIENT_BALANCE");
    ledger_deposit(&ledger, client, "EUR", 6 * E8);
    assert_int_equal(retry(id)->kind, EVENT_ASSET_TRANSACTION_RECORDED);
    assert_int_equal(euros_e8(), E8);
}

static void a_retry_takes_two_where_the_rules_say_so_and_happens_once(void **state)
{
    (void)state;
    set_rules((struct approval_rules){.retries = true});
    const struct command command = booking(TRANSACTION_TYPE_DEPOSIT, 5 * E8);
    struct uuid id = set_aside(&command);
    const struct event *event = retry(id);
    assert_int_equal(event->kind, EVENT_APPROVAL_REQUESTED);
    const struct approval_request *request = &event->approval_requested.request;
    assert_true(text_is(request->action, "RetryDeadLetter"));
    assert_true(text_is(request->entity_type, "dead_letter"));
    assert_true(uuid_equal(request->requested_by, id_of(ADMIN)));
    assert_int_equal(request->roles_count, 1);
    assert_int_equal(request->roles[0], ROLE_ADMIN);
    struct uuid first = request->approval_id;
    struct uuid second = retry(id)->approval_requested.request.approval_id;
    assert_refused_by(approve(ADMIN, first), "APPROVAL_BY_REQUESTER");
    assert_int_equal(euros_e8(), 0);
    assert_int_equal(approve(SECOND, first)->kind, EVENT_ASSET_TRANSACTION_RECORDED);
    assert_refused_by(approve(SECOND, first), "APPROVAL_NOT_PENDING");
    assert_refused_by(approve(SECOND, second), "DEAD_LETTER_NOT_WAITING");
    assert_int_equal(euros_e8(), 5 * E8);
}

static void consent_ends_with_an_event_that_does_not_name_it(void **state)
{
    (void)state;
    set_rules((struct approval_rules){.retries = true});
    struct command command = command_by_operator(COMMAND_SET_ACCOUNT_STATUS);
    command.set_account_status.account_id = client;
    command.set_account_status.status = ACCOUNT_STATUS_RESTRICTED;
    struct uuid approval = retry(set_aside(&command))->approval_requested.request.approval_id;
    const struct event *event = approve(SECOND, approval);
    assert_int_equal(event->kind, EVENT_ACCOUNT_STATUS_CHANGED);
    struct uuid used;
    assert_true(approval_used(event, &used) && uuid_equal(used, approval));
    assert_int_equal(ledger.state->approvals.count, 0);
    assert_refused_by(approve(SECOND, approval), "APPROVAL_NOT_PENDING");
}

static void what_takes_two_by_itself_does_so_when_it_is_retried(void **state)
{
    (void)state;
    struct approval_rules_amounts_e8_entry amount = {TEXT("EUR"), 100 * E8};
    set_rules((struct approval_rules){.amounts_e8 = &amount, .amounts_e8_count = 1});
    const struct command command = booking(TRANSACTION_TYPE_DEPOSIT, 101 * E8);
    struct uuid id = set_aside(&command);
    const struct event *event = retry(id);
    assert_int_equal(event->kind, EVENT_APPROVAL_REQUESTED);
    assert_true(uuid_equal(event->approval_requested.request.requested_by, id_of(ADMIN)));
    struct uuid approval = event->approval_requested.request.approval_id;
    assert_refused_by(approve(ADMIN, approval), "APPROVAL_BY_REQUESTER");
    assert_int_equal(approve(SECOND, approval)->kind, EVENT_ASSET_TRANSACTION_RECORDED);
    assert_refused_by(retry(id), "DEAD_LETTER_NOT_WAITING");
    assert_int_equal(euros_e8(), 101 * E8);
}

static void what_cannot_be_read_is_not_retried_nor_what_is_nobodys(void **state)
{
    (void)state;
    enum role role = ROLE_ADMIN;
    struct uuid id = set_aside_bytes((struct bytes){(const uint8_t *)"garbage", 7}, NULL);
    struct command command = by(COMMAND_RETRY_DEAD_LETTER, ADMIN, &role);
    command.retry_dead_letter = (struct retry_dead_letter){.letter_id = id, .reason = TEXT("?")};
    assert_refused_by(ledger_command(&ledger, &command), "DEAD_LETTER_UNREADABLE");
    command = booking(TRANSACTION_TYPE_DEPOSIT, 5 * E8);
    command.meta.has_actor = false;
    assert_refused_by(retry(set_aside(&command)), "DEAD_LETTER_NOT_WAITING");
    command = by(COMMAND_RETRY_DEAD_LETTER, ADMIN, &role);
    command.retry_dead_letter.letter_id = id;
    assert_refused_by(retry(set_aside(&command)), "DEAD_LETTER_NOT_WAITING");
    assert_int_equal(ledger.state->approvals.letters.count, 0);
}

static void under_one_key_of_its_client_it_happens_once(void **state)
{
    (void)state;
    struct command command = booking(TRANSACTION_TYPE_DEPOSIT, 5 * E8);
    command.meta.has_idempotency = true;
    memset(&command.meta.idempotency, 7, sizeof command.meta.idempotency);
    struct uuid first = set_aside(&command), second = set_aside(&command);
    const struct event *event = retry(first);
    assert_int_equal(event->kind, EVENT_ASSET_TRANSACTION_RECORDED);
    struct uuid by_retry = event->meta.command_id;
    assert_refused_by(retry(second), "DEAD_LETTER_NOT_WAITING");
    event = ledger_command(&ledger, &command); /* the client tries again */
    assert_int_equal(event->kind, EVENT_COMMAND_REPEATED);
    assert_true(uuid_equal(event->command_repeated.first_command_id, by_retry));
    memset(&command.meta.idempotency.body_hash, 8, sizeof command.meta.idempotency.body_hash);
    assert_refused_by(ledger_command(&ledger, &command), "IDEMPOTENCY_KEY_REUSED");
    assert_int_equal(euros_e8(), 5 * E8);
}

static void what_its_client_has_had_done_since_is_not_done_again(void **state)
{
    (void)state;
    struct command command = booking(TRANSACTION_TYPE_DEPOSIT, 5 * E8);
    command.meta.has_idempotency = true;
    memset(&command.meta.idempotency, 7, sizeof command.meta.idempotency);
    struct uuid id = set_aside(&command);
    assert_int_equal(ledger_command(&ledger, &command)->kind, EVENT_ASSET_TRANSACTION_RECORDED);
    assert_refused_by(retry(id), "DEAD_LETTER_NOT_WAITING");
    assert_int_equal(euros_e8(), 5 * E8);
}

static void of_too_many_the_oldest_gives_way(void **state)
{
    (void)state;
    const struct command command = booking(TRANSACTION_TYPE_DEPOSIT, E8);
    struct uuid first = set_aside(&command), second = set_aside(&command);
    for (int i = 0; i < LETTERS_MAX - 1; i++)
        (void)set_aside(&command);
    assert_refused_by(retry(first), "DEAD_LETTER_NOT_WAITING");
    assert_int_equal(retry(second)->kind, EVENT_ASSET_TRANSACTION_RECORDED);
}

static void letters_outlive_replay_and_snapshot(void **state)
{
    (void)state;
    const struct command command = booking(TRANSACTION_TYPE_DEPOSIT, E8);
    struct uuid waits = set_aside(&command), retried = set_aside(&command);
    assert_int_equal(retry(retried)->kind, EVENT_ASSET_TRANSACTION_RECORDED);
    struct buffer ours = ledger_saved(ledger.state);
    accounts_state_free(ledger.state);
    ledger.state = accounts_state_new(&ledger.place);
    assert_int_equal(accounts_load(ledger.state, buffer_bytes(&ours)), OK);
    struct buffer loaded = ledger_saved(ledger.state);
    assert_true(text_equal(buffer_as_text(&ours), buffer_as_text(&loaded)));
    buffer_free(&ours);
    buffer_free(&loaded);
    assert_refused_by(retry(retried), "DEAD_LETTER_NOT_WAITING");
    assert_int_equal(retry(waits)->kind, EVENT_ASSET_TRANSACTION_RECORDED);
    assert_int_equal(euros_e8(), 2 * E8);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_ledger, close_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_set_aside_happens_once_as_it_came),
        TEST(only_an_admin_retries_and_whoever_sent_it_must_still_be_allowed_to),
        TEST(what_is_refused_anew_waits_on),
        TEST(a_retry_takes_two_where_the_rules_say_so_and_happens_once),
        TEST(consent_ends_with_an_event_that_does_not_name_it),
        TEST(what_takes_two_by_itself_does_so_when_it_is_retried),
        TEST(what_cannot_be_read_is_not_retried_nor_what_is_nobodys),
        TEST(under_one_key_of_its_client_it_happens_once),
        TEST(what_its_client_has_had_done_since_is_not_done_again),
        TEST(of_too_many_the_oldest_gives_way),
        TEST(letters_outlive_replay_and_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
