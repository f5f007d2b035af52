/* Bookings that need the consent of a second person: asked for, given, refused, expired. */
#include "base/time.h"
#include "ledger.h"
#include "refused.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { OPERATOR = 1, COLLEAGUE = 3, AUDITOR = 4, EXPIRES_S = 60 };

static struct ledger ledger;
static struct uuid client;

static void appoint(uint32_t user, enum role role)
{
    const struct event changed = {
        .kind = EVENT_USER_CHANGED,
        .user_changed = {.user_id = id_of(user), .roles = &role, .roles_count = 1}};
    assert_int_equal(ledger_follow(&ledger, &changed)->kind, EVENT_STAFF_ADOPTED);
}

/* More than 100 EUR takes two. */
static int open_ledger(void **state)
{
    (void)state;
    client = id_of(10);
    ledger_open(&ledger, 0, 1);
    ledger_open_account(&ledger, client);
    appoint(COLLEAGUE, ROLE_OPERATOR);
    appoint(AUDITOR, ROLE_AUDITOR);
    struct approval_rules_amounts_e8_entry amounts[] = {{TEXT("CEA"), 5 * E8},
                                                        {TEXT("EUR"), 100 * E8}};
    const struct event changed = {
        .kind = EVENT_VENUE_RULES_CHANGED,
        .venue_rules_changed.rules = {.version = 2,
                                      .has_approvals = true,
                                      .approvals = {.amounts_e8 = amounts,
                                                    .amounts_e8_count = COUNT_OF(amounts),
                                                    .expires_after_s = EXPIRES_S}}};
    assert_int_equal(ledger_follow(&ledger, &changed)->kind, EVENT_VENUE_RULES_ADOPTED);
    return 0;
}

static int close_ledger(void **state)
{
    (void)state;
    ledger_close(&ledger);
    return 0;
}

static const struct event *book(enum transaction_type type, int64_t amount_e8)
{
    struct command command = command_by_operator(COMMAND_RECORD_ASSET_TRANSACTION);
    command.record_asset_transaction =
        (struct record_asset_transaction){.transaction_id = id_of(99),
                                          .account_id = client,
                                          .asset = TEXT("EUR"),
                                          .type = type,
                                          .amount_e8 = amount_e8,
                                          .has_notes = true,
                                          .notes = TEXT("as it was asked for")};
    return ledger_command(&ledger, &command);
}

static struct uuid ask(enum transaction_type type, int64_t amount_e8)
{
    const struct event *event = book(type, amount_e8);
    assert_int_equal(event->kind, EVENT_APPROVAL_REQUESTED);
    return event->approval_requested.request.approval_id;
}

static const struct event *decide_on(enum command_kind kind, struct uuid id, uint32_t user,
                                     enum role role)
{
    struct command command = command_by_operator(kind);
    command.meta.actor.user_id = id_of(user);
    command.meta.actor.roles = &role;
    if (kind == COMMAND_APPROVE_REQUEST)
        command.approve_request.approval_id = id;
    else
        command.reject_request.approval_id = id;
    return ledger_command(&ledger, &command);
}

static const struct event *approve(struct uuid id)
{
    return decide_on(COMMAND_APPROVE_REQUEST, id, COLLEAGUE, ROLE_OPERATOR);
}

static int64_t euros_e8(void)
{
    return ledger_balance(&ledger, client, "EUR")->available_e8;
}

static void the_amount_itself_needs_nobody_else_and_one_unit_more_does(void **state)
{
    (void)state;
    assert_int_equal(book(TRANSACTION_TYPE_DEPOSIT, 100 * E8)->kind,
                     EVENT_ASSET_TRANSACTION_RECORDED);
    const struct event *event = book(TRANSACTION_TYPE_DEPOSIT, 100 * E8 + E8 / 100);
    assert_int_equal(event->kind, EVENT_APPROVAL_REQUESTED);
    const struct approval_request *request = &event->approval_requested.request;
    assert_true(text_is(request->action, "RecordAssetTransaction"));
    assert_true(text_is(request->entity_type, "account"));
    assert_true(uuid_equal(request->requested_by, id_of(OPERATOR)));
    assert_int_equal(request->expires_at - event->meta.occurred_at, EXPIRES_S * SECOND_US);
    enum service_id service;
    assert_int_equal(uuid_service(request->approval_id, &service), OK);
    assert_int_equal(service, SERVICE_ACCOUNTS);
    assert_int_equal(euros_e8(), 100 * E8);
}

static void what_is_approved_happens_as_it_came_and_names_both(void **state)
{
    (void)state;
    struct uuid id = ask(TRANSACTION_TYPE_DEPOSIT, 200 * E8);
    const struct event *event = approve(id);
    assert_int_equal(event->kind, EVENT_ASSET_TRANSACTION_RECORDED);
    const struct asset_transaction_recorded *recorded = &event->asset_transaction_recorded;
    assert_true(uuid_equal(recorded->transaction.id, id_of(99)));
    assert_true(text_is(recorded->transaction.notes, "as it was asked for"));
    assert_true(recorded->has_approval && uuid_equal(recorded->approval.id, id));
    assert_true(uuid_equal(recorded->approval.requested_by, id_of(OPERATOR)));
    assert_true(uuid_equal(recorded->approval.approved_by, id_of(COLLEAGUE)));
    char text[UUID_TEXT_SIZE];
    uuid_print(client, text);
    assert_true(text_equal(event->key, (struct text){text, sizeof text}));
    assert_int_equal(euros_e8(), 200 * E8);
}

static void a_request_is_used_once(void **state)
{
    (void)state;
    struct uuid id = ask(TRANSACTION_TYPE_DEPOSIT, 200 * E8);
    assert_int_equal(approve(id)->kind, EVENT_ASSET_TRANSACTION_RECORDED);
    assert_refused_by(approve(id), "APPROVAL_NOT_PENDING");
    assert_int_equal(euros_e8(), 200 * E8);
}

static void only_another_person_with_the_role_approves(void **state)
{
    (void)state;
    struct uuid id = ask(TRANSACTION_TYPE_DEPOSIT, 200 * E8);
    const enum command_kind approval = COMMAND_APPROVE_REQUEST;
    assert_refused_by(decide_on(approval, id, OPERATOR, ROLE_OPERATOR), "APPROVAL_BY_REQUESTER");
    assert_refused_by(decide_on(approval, id, AUDITOR, ROLE_AUDITOR), "FORBIDDEN");
    assert_refused_by(decide_on(approval, id, AUDITOR, ROLE_OPERATOR),
                      "FORBIDDEN"); /* as he says */
    assert_refused_by(decide_on(approval, id_of(77), 5, ROLE_USER), "FORBIDDEN");
    assert_int_equal(euros_e8(), 0);
}

static void another_person_rejects_it_and_whoever_asked_takes_it_back(void **state)
{
    (void)state;
    const enum command_kind rejection = COMMAND_REJECT_REQUEST;
    struct uuid id = ask(TRANSACTION_TYPE_DEPOSIT, 200 * E8);
    assert_refused_by(decide_on(rejection, id, AUDITOR, ROLE_AUDITOR), "FORBIDDEN");
    assert_int_equal(decide_on(rejection, id, COLLEAGUE, ROLE_OPERATOR)->kind,
                     EVENT_APPROVAL_REJECTED);
    assert_refused_by(approve(id), "APPROVAL_NOT_PENDING");
    id = ask(TRANSACTION_TYPE_DEPOSIT, 200 * E8);
    assert_int_equal(decide_on(rejection, id, OPERATOR, ROLE_OPERATOR)->kind,
                     EVENT_APPROVAL_REJECTED);
    assert_int_equal(ledger.state->approvals.count, 0);
}

static void what_holds_when_it_is_approved_counts_and_it_waits_on(void **state)
{
    (void)state;
    ledger_deposit(&ledger, client, "EUR", 100 * E8);
    ledger_deposit(&ledger, client, "EUR", 100 * E8);
    struct uuid id = ask(TRANSACTION_TYPE_WITHDRAWAL, 150 * E8);
    assert_int_equal(book(TRANSACTION_TYPE_WITHDRAWAL, 100 * E8)->kind,
                     EVENT_ASSET_TRANSACTION_RECORDED);
    assert_refused_by(approve(id), "INSUFFICIENT_BALANCE");
    ledger_deposit(&ledger, client, "EUR", 50 * E8);
    assert_int_equal(approve(id)->kind, EVENT_ASSET_TRANSACTION_RECORDED);
    assert_int_equal(euros_e8(), 0);
}

static void whoever_asked_must_still_have_the_role(void **state)
{
    (void)state;
    struct uuid id = ask(TRANSACTION_TYPE_DEPOSIT, 200 * E8);
    appoint(OPERATOR, ROLE_USER);
    assert_refused_by(approve(id), "FORBIDDEN");
    assert_int_equal(euros_e8(), 0);
}

static void a_request_expires_by_the_clock_under_an_id_for_its_ticket(void **state)
{
    (void)state;
    struct uuid first = ask(TRANSACTION_TYPE_DEPOSIT, 200 * E8);
    ledger.now_us += SECOND_US;
    struct uuid second = ask(TRANSACTION_TYPE_DEPOSIT, 200 * E8);
    assert_null(ledger_time(&ledger));
    ledger.now_us += (EXPIRES_S - 1) * SECOND_US;
    const struct event *event = ledger_time(&ledger);
    assert_int_equal(event->kind, EVENT_APPROVAL_EXPIRED);
    assert_true(uuid_equal(event->approval_expired.approval_id, first));
    assert_true(event->meta.has_command_id && uuid_equal(event->meta.command_id, first));
    assert_null(ledger_time(&ledger));
    assert_refused_by(approve(first), "APPROVAL_NOT_PENDING");
    assert_int_equal(approve(second)->kind, EVENT_ASSET_TRANSACTION_RECORDED);
    assert_int_equal(accounts_due_us(ledger.state), time_month_end(ledger.now_us)); /* statements */
}

static void a_market_makers_first_balances_are_bookings(void **state)
{
    (void)state;
    struct create_market_maker_initial_balances_e8_entry entries[] = {{TEXT("EUA"), 50 * E8},
                                                                      {TEXT("CEA"), 6 * E8}};
    struct command command = command_by_operator(COMMAND_CREATE_MARKET_MAKER);
    command.create_market_maker = (struct create_market_maker){
        .market_maker_id = id_of(20),
        .name = TEXT("sealed name"),
        .email = TEXT("sealed address"),
        .initial_balances_e8 = entries,
        .initial_balances_e8_count = COUNT_OF(entries),
    };
    const struct event *event = ledger_command(&ledger, &command);
    assert_int_equal(event->kind, EVENT_APPROVAL_REQUESTED);
    event = approve(event->approval_requested.request.approval_id);
    assert_int_equal(event->kind, EVENT_MARKET_MAKER_CREATED);
    assert_true(event->market_maker_created.has_approval);
    assert_int_equal(event->market_maker_created.transactions_count, 2);
}

static void no_more_wait_than_there_is_room_for(void **state)
{
    (void)state;
    for (int i = 0; i < APPROVALS_MAX; i++)
        (void)ask(TRANSACTION_TYPE_DEPOSIT, 200 * E8);
    assert_refused_by(book(TRANSACTION_TYPE_DEPOSIT, 200 * E8), "OVERLOADED");
    assert_int_equal(book(TRANSACTION_TYPE_DEPOSIT, 100 * E8)->kind,
                     EVENT_ASSET_TRANSACTION_RECORDED);
}

static void assert_same(const struct accounts_state *other)
{
    struct buffer ours = ledger_saved(ledger.state), theirs = ledger_saved(other);
    assert_int_equal(ours.size, theirs.size);
    assert_memory_equal(ours.data, theirs.data, ours.size);
    buffer_free(&ours);
    buffer_free(&theirs);
}

static void requests_and_rules_outlive_replay_and_snapshot(void **state)
{
    (void)state;
    (void)ask(TRANSACTION_TYPE_DEPOSIT, 200 * E8);
    struct uuid id = ask(TRANSACTION_TYPE_DEPOSIT, 300 * E8);
    struct accounts_state *replayed = ledger_replayed(&ledger);
    assert_same(replayed);
    struct buffer saved = ledger_saved(replayed);
    accounts_state_free(ledger.state);
    ledger.state = accounts_state_new(&ledger.place);
    assert_int_equal(accounts_load(ledger.state, buffer_bytes(&saved)), OK);
    buffer_free(&saved);
    assert_same(replayed);
    accounts_state_free(replayed);
    assert_int_equal(accounts_due_us(ledger.state), ledger.state->approvals.due_us);
    assert_int_equal(approve(id)->kind, EVENT_ASSET_TRANSACTION_RECORDED);
    assert_int_equal(euros_e8(), 300 * E8);
    (void)ask(TRANSACTION_TYPE_DEPOSIT, 200 * E8);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_ledger, close_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_amount_itself_needs_nobody_else_and_one_unit_more_does),
        TEST(what_is_approved_happens_as_it_came_and_names_both),
        TEST(a_request_is_used_once),
        TEST(only_another_person_with_the_role_approves),
        TEST(another_person_rejects_it_and_whoever_asked_takes_it_back),
        TEST(what_holds_when_it_is_approved_counts_and_it_waits_on),
        TEST(whoever_asked_must_still_have_the_role),
        TEST(a_request_expires_by_the_clock_under_an_id_for_its_ticket),
        TEST(a_market_makers_first_balances_are_bookings),
        TEST(no_more_wait_than_there_is_room_for),
        TEST(requests_and_rules_outlive_replay_and_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
