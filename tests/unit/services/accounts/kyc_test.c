/* Identity checks: what somebody says of themselves, and what an operator makes of it. */
#include "accounts/funding.h"
#include "ledger.h"
#include "refused.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct ledger ledger;
static struct uuid client, user;

static int open_ledger(void **state)
{
    (void)state;
    client = id_of(10);
    user = id_of(2); /* as command_by_user() has it */
    ledger_open(&ledger, 0, 1);
    const struct event registered = {.kind = EVENT_USER_REGISTERED,
                                     .user_registered = {.user_id = user, .account_id = client}};
    assert_int_equal(ledger_follow(&ledger, &registered)->kind, EVENT_ACCOUNT_OPENED);
    return 0;
}

static int close_ledger(void **state)
{
    (void)state;
    ledger_close(&ledger);
    return 0;
}

static const struct kyc_review *review(void)
{
    return &accounts_account(ledger.state, client)->kyc;
}

static enum account_status status(void)
{
    return accounts_account(ledger.state, client)->about.status;
}

static const struct event *say(const char *name)
{
    struct command command = command_by_user(COMMAND_CHANGE_KYC_PROFILE, client);
    command.change_kyc_profile = (struct change_kyc_profile){.user_id = user,
                                                             .name = text_of(name),
                                                             .birth_date = TEXT("sealed"),
                                                             .nationality = TEXT("sealed"),
                                                             .address = TEXT("sealed")};
    return ledger_command(&ledger, &command);
}

static const struct event *submit(void)
{
    struct command command = command_by_user(COMMAND_SUBMIT_KYC, client);
    command.submit_kyc.user_id = user;
    return ledger_command(&ledger, &command);
}

static const struct event *hand_in(uint32_t number, enum kyc_document_kind kind)
{
    struct command command = command_by_user(COMMAND_ADD_KYC_DOCUMENT, client);
    command.add_kyc_document = (struct add_kyc_document){
        .user_id = user, .document_id = id_of(number), .kind = kind, .size_bytes = 1};
    return ledger_command(&ledger, &command);
}

static const struct event *take_back(uint32_t number)
{
    struct command command = command_by_user(COMMAND_REMOVE_KYC_DOCUMENT, client);
    command.remove_kyc_document = (struct remove_kyc_document){user, id_of(number)};
    return ledger_command(&ledger, &command);
}

static struct command decision(enum kyc_decision decision, const char *reason)
{
    struct command command = command_by_operator(COMMAND_REVIEW_KYC);
    command.review_kyc = (struct review_kyc){.user_id = user,
                                             .decision = decision,
                                             .has_reason = reason != NULL,
                                             .reason = text_of(reason != NULL ? reason : "")};
    return command;
}

static const struct event *decide(enum kyc_decision made, const char *reason)
{
    struct command command = decision(made, reason);
    return ledger_command(&ledger, &command);
}

static void be_submitted(void)
{
    assert_int_equal(say("sealed name")->kind, EVENT_KYC_PROFILE_CHANGED);
    if (accounts_account(ledger.state, client)->documents == NULL) {
        hand_in(40, KYC_DOCUMENT_KIND_PASSPORT);
        hand_in(41, KYC_DOCUMENT_KIND_PROOF_OF_ADDRESS);
    }
    assert_int_equal(submit()->kind, EVENT_KYC_SUBMITTED);
}

static void an_approval_gives_the_level_and_activates_the_account(void **state)
{
    (void)state;
    be_submitted();
    assert_int_equal(status(), ACCOUNT_STATUS_PENDING_KYC);
    assert_int_equal(decide(KYC_DECISION_TAKE_UP, NULL)->kind, EVENT_KYC_REVIEWED);
    assert_int_equal(review()->status, KYC_STATUS_IN_REVIEW);
    struct command command = decision(KYC_DECISION_APPROVE, NULL);
    command.review_kyc.has_level = true;
    command.review_kyc.level = 2;
    const struct event *event = ledger_command(&ledger, &command);
    assert_true(event->kyc_reviewed.has_account);
    assert_int_equal(review()->status, KYC_STATUS_APPROVED);
    assert_int_equal(review()->level, 2);
    assert_int_equal(status(), ACCOUNT_STATUS_ACTIVE);
    assert_refused_by(say("another name"), "KYC_NOT_OPEN");
    assert_refused_by(submit(), "KYC_NOT_OPEN");
}

static void what_an_operator_has_restricted_an_approval_does_not_open(void **state)
{
    (void)state;
    be_submitted();
    struct command restricted = command_by_operator(COMMAND_SET_ACCOUNT_STATUS);
    restricted.set_account_status.account_id = client;
    restricted.set_account_status.status = ACCOUNT_STATUS_RESTRICTED;
    assert_int_equal(ledger_command(&ledger, &restricted)->kind, EVENT_ACCOUNT_STATUS_CHANGED);
    assert_false(decide(KYC_DECISION_APPROVE, NULL)->kyc_reviewed.has_account);
    assert_int_equal(review()->level, 1);
    assert_int_equal(status(), ACCOUNT_STATUS_RESTRICTED);
}

static void nothing_is_submitted_that_is_not_complete(void **state)
{
    (void)state;
    assert_refused_by(submit(), "KYC_INCOMPLETE");
    assert_int_equal(review()->version, 0);
    say("sealed name");
    assert_refused_by(submit(), "KYC_INCOMPLETE");
    assert_int_equal(hand_in(40, KYC_DOCUMENT_KIND_ID_CARD)->kind, EVENT_KYC_DOCUMENT_ADDED);
    assert_refused_by(submit(), "KYC_INCOMPLETE");
    hand_in(41, KYC_DOCUMENT_KIND_PROOF_OF_ADDRESS);
    assert_int_equal(take_back(40)->kind, EVENT_KYC_DOCUMENT_REMOVED);
    assert_refused_by(take_back(40), "NOT_FOUND");
    assert_refused_by(submit(), "KYC_INCOMPLETE");
    hand_in(42, KYC_DOCUMENT_KIND_PASSPORT);
    assert_int_equal(submit()->kind, EVENT_KYC_SUBMITTED);
    assert_refused_by(hand_in(43, KYC_DOCUMENT_KIND_PASSPORT), "KYC_NOT_OPEN");
    assert_refused_by(take_back(42), "KYC_NOT_OPEN");
}

static void so_many_documents_are_kept_and_no_more(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < ACCOUNTS_DOCUMENTS_MAX; i++)
        assert_int_equal(hand_in(100 + i, KYC_DOCUMENT_KIND_PASSPORT)->kind,
                         EVENT_KYC_DOCUMENT_ADDED);
    assert_refused_by(hand_in(200, KYC_DOCUMENT_KIND_PASSPORT), "DOCUMENT_REJECTED");
}

static void what_is_sent_back_or_rejected_may_be_handed_in_anew(void **state)
{
    (void)state;
    be_submitted();
    assert_int_equal(decide(KYC_DECISION_REQUEST_INFORMATION, "sealed")->kind, EVENT_KYC_REVIEWED);
    assert_int_equal(review()->status, KYC_STATUS_NEEDS_INFORMATION);
    be_submitted();
    assert_int_equal(decide(KYC_DECISION_REJECT, "sealed")->kind, EVENT_KYC_REVIEWED);
    assert_int_equal(review()->status, KYC_STATUS_REJECTED);
    assert_int_equal(say("sealed name")->kind, EVENT_KYC_PROFILE_CHANGED);
    assert_int_equal(review()->status, KYC_STATUS_DRAFT);
    assert_int_equal(status(), ACCOUNT_STATUS_PENDING_KYC);
}

static void what_does_not_wait_is_not_decided(void **state)
{
    (void)state;
    assert_refused_by(decide(KYC_DECISION_APPROVE, NULL), "NOT_FOUND");
    say("sealed name");
    assert_refused_by(decide(KYC_DECISION_APPROVE, NULL), "KYC_NOT_SUBMITTED");
    be_submitted();
    assert_refused_by(decide(KYC_DECISION_REJECT, NULL), "VALIDATION_FAILED");
    assert_int_equal(decide(KYC_DECISION_TAKE_UP, NULL)->kind, EVENT_KYC_REVIEWED);
    assert_refused_by(decide(KYC_DECISION_TAKE_UP, NULL), "KYC_NOT_SUBMITTED");
    assert_int_equal(decide(KYC_DECISION_REJECT, "sealed")->kind, EVENT_KYC_REVIEWED);
    assert_refused_by(decide(KYC_DECISION_APPROVE, NULL), "KYC_NOT_SUBMITTED");
}

static void only_an_operator_decides_and_only_ones_own_is_changed(void **state)
{
    (void)state;
    be_submitted();
    struct command command = decision(KYC_DECISION_APPROVE, NULL);
    command.meta = command_by_user(COMMAND_REVIEW_KYC, client).meta;
    assert_refused_by(ledger_command(&ledger, &command), "FORBIDDEN");
    command = command_by_operator(COMMAND_SUBMIT_KYC);
    command.submit_kyc.user_id = user;
    assert_refused_by(ledger_command(&ledger, &command), "NOT_FOUND");
    command = decision(KYC_DECISION_APPROVE, NULL);
    command.review_kyc.has_level = true;
    command.review_kyc.level = ACCOUNTS_KYC_LEVEL_MAX + 1;
    assert_refused_by(ledger_command(&ledger, &command), "VALIDATION_FAILED");
}

static void a_check_survives_a_snapshot_and_a_replay(void **state)
{
    (void)state;
    be_submitted();
    decide(KYC_DECISION_APPROVE, NULL);
    struct accounts_state *replayed = ledger_replayed(&ledger);
    struct accounts_state *loaded = accounts_state_new(&ledger.place);
    struct buffer saved = ledger_saved(ledger.state), again = ledger_saved(replayed);
    assert_int_equal(accounts_load(loaded, buffer_bytes(&saved)), OK);
    struct buffer third = ledger_saved(loaded);
    assert_int_equal(saved.size, again.size);
    assert_memory_equal(saved.data, again.data, saved.size);
    assert_int_equal(saved.size, third.size);
    assert_memory_equal(saved.data, third.data, saved.size);
    assert_non_null(accounts_account_of(loaded, user));
    assert_int_equal(accounts_account_of(loaded, user)->kyc.level, 1);
    buffer_free(&saved);
    buffer_free(&again);
    buffer_free(&third);
    accounts_state_free(replayed);
    accounts_state_free(loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_approval_gives_the_level_and_activates_the_account,
                                        open_ledger, close_ledger),
        cmocka_unit_test_setup_teardown(what_an_operator_has_restricted_an_approval_does_not_open,
                                        open_ledger, close_ledger),
        cmocka_unit_test_setup_teardown(nothing_is_submitted_that_is_not_complete, open_ledger,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(so_many_documents_are_kept_and_no_more, open_ledger,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(what_is_sent_back_or_rejected_may_be_handed_in_anew,
                                        open_ledger, close_ledger),
        cmocka_unit_test_setup_teardown(what_does_not_wait_is_not_decided, open_ledger,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(only_an_operator_decides_and_only_ones_own_is_changed,
                                        open_ledger, close_ledger),
        cmocka_unit_test_setup_teardown(a_check_survives_a_snapshot_and_a_replay, open_ledger,
                                        close_ledger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
