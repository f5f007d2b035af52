/* What clients saw, with a lie in it: the answer that is none, the other answer on a retry, the
 * stale read, the command that was decided ahead of what its caller knew. */
#include "check_run.h"
#include "forge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CLIENT = 1, GATEWAY = 0 };

static struct evidence *truth; /* a rough day, at rest */

static int live_a_day(void **state)
{
    (void)state;
    truth = forge_day(2, 3, 200, NULL);
    return 0;
}

static int forget_the_day(void **state)
{
    (void)state;
    evidence_free(truth);
    return 0;
}

/* A valid answer of that kind, the `nth`, and where it is. */
struct answer {
    struct evidence_position at;
    struct uuid command_id;
    char code[40];
};

static bool take_answer(const struct evidence_record *record, enum event_kind kind,
                        struct arena *arena, struct answer *answer)
{
    struct event event;
    if (event_decode(record->value, arena, &event) != OK || event.kind != kind)
        return false;
    struct text code = TEXT("");
    if (kind == EVENT_COMMAND_REJECTED)
        code = event.command_rejected.code;
    answer->command_id = event.meta.command_id;
    answer->at.offset = record->offset;
    snprintf(answer->code, sizeof answer->code, "%.*s", (int)code.size, code.data);
    return event.meta.has_command_id;
}

static struct answer find_answer(enum evidence_service service, int32_t partition,
                                 enum event_kind kind, size_t nth)
{
    struct answer answer = {.at = {service, partition, 0}};
    struct arena *arena = arena_new(SIZE_MAX);
    const struct evidence_partition *log = evidence_log(truth, false, service, partition);
    size_t found = 0;
    for (size_t i = 0; i < log->count && found <= nth; i++)
        found += take_answer(&log->records[i], kind, arena, &answer) ? 1 : 0;
    arena_free(arena);
    assert_true(found > nth);
    return answer;
}

static size_t ask(struct evidence *evidence, struct uuid command_id, uint8_t key)
{
    struct evidence_request request = {.client = CLIENT,
                                       .gateway = GATEWAY,
                                       .kind = "SetAccountStatus",
                                       .command_id = command_id,
                                       .has_key = key != 0,
                                       .repeats = EVIDENCE_NONE};
    memset(request.key_hash, key, sizeof request.key_hash);
    return evidence_send(evidence, &request);
}

static void tell(struct evidence *evidence, size_t request, const struct answer *answer,
                 const char *kind, const char *code)
{
    evidence_answer(evidence, request, 0, EVIDENCE_ANSWERED, &answer->at, kind, code, false);
}

static void check_holds(const struct evidence *evidence)
{
    struct check_problem problem;
    if (!check_all(evidence, true, &problem))
        fail_msg("%s", problem.text);
}

static void check_finds(const struct evidence *evidence, int invariant)
{
    struct check_problem problem;
    assert_false(check_all(evidence, true, &problem));
    print_message("%s\n", problem.text);
    assert_int_equal(problem.invariant, invariant);
}

static void an_answer_must_be_an_event_that_counts(void **state)
{
    (void)state;
    struct answer answer = find_answer(EVIDENCE_ACCOUNTS, 0, EVENT_ACCOUNT_STATUS_CHANGED, 0);
    struct evidence *evidence = forge_copy(truth);
    size_t asked = ask(evidence, answer.command_id, 0);
    size_t asked_again = ask(evidence, answer.command_id, 0);
    check_holds(evidence);
    tell(evidence, asked, &answer, "AccountStatusChanged", NULL);
    check_holds(evidence);
    answer.at.offset = 100000;
    tell(evidence, asked_again, &answer, "AccountStatusChanged", NULL);
    check_finds(evidence, 7);
    evidence_free(evidence);
}

static void an_answer_must_be_of_the_command_that_asked(void **state)
{
    (void)state;
    struct answer answer = find_answer(EVIDENCE_ACCOUNTS, 0, EVENT_ACCOUNT_STATUS_CHANGED, 0);
    struct answer other = find_answer(EVIDENCE_ACCOUNTS, 0, EVENT_ACCOUNT_STATUS_CHANGED, 1);
    struct evidence *evidence = forge_copy(truth);
    tell(evidence, ask(evidence, answer.command_id, 0), &other, "AccountStatusChanged", NULL);
    check_finds(evidence, 7);
    evidence_free(evidence);
}

static void a_refusal_must_not_be_told_as_another(void **state)
{
    (void)state;
    struct answer answer = find_answer(EVIDENCE_ACCOUNTS, 0, EVENT_COMMAND_REJECTED, 0);
    struct evidence *evidence = forge_copy(truth);
    size_t asked = ask(evidence, answer.command_id, 0);
    size_t asked_again = ask(evidence, answer.command_id, 0);
    tell(evidence, asked, &answer, "CommandRejected", answer.code);
    check_holds(evidence);
    tell(evidence, asked_again, &answer, "CommandRejected", "FORBIDDEN");
    check_finds(evidence, 7);
    evidence_free(evidence);
}

static void a_retry_must_be_told_the_same(void **state)
{
    (void)state;
    struct answer answer = find_answer(EVIDENCE_ACCOUNTS, 0, EVENT_ACCOUNT_STATUS_CHANGED, 0);
    struct answer other = find_answer(EVIDENCE_ACCOUNTS, 0, EVENT_ACCOUNT_STATUS_CHANGED, 1);
    struct evidence *evidence = forge_copy(truth);
    size_t first = ask(evidence, answer.command_id, 7);
    size_t second = ask(evidence, answer.command_id, 7);
    size_t third = ask(evidence, other.command_id, 7);
    tell(evidence, first, &answer, "AccountStatusChanged", NULL);
    tell(evidence, second, &answer, "AccountStatusChanged", NULL);
    check_holds(evidence);
    tell(evidence, third, &other, "AccountStatusChanged", NULL);
    check_finds(evidence, 7);
    evidence_free(evidence);
}

static void a_command_must_not_be_decided_ahead_of_what_its_caller_was_shown(void **state)
{
    (void)state;
    struct answer early = find_answer(EVIDENCE_ACCOUNTS, 0, EVENT_ACCOUNT_STATUS_CHANGED, 0);
    struct answer late = find_answer(EVIDENCE_ACCOUNTS, 0, EVENT_ACCOUNT_STATUS_CHANGED, 1);
    struct evidence *evidence = forge_copy(truth);
    tell(evidence, ask(evidence, late.command_id, 0), &late, "AccountStatusChanged", NULL);
    check_holds(evidence);
    (void)ask(evidence, early.command_id, 0); /* sent when the later one was known */
    check_finds(evidence, 13);
    evidence_free(evidence);
}

static void read(struct evidence *evidence, enum evidence_service service, int32_t partition,
                 int64_t offset)
{
    const struct evidence_read done = {.client = CLIENT,
                                       .service = service,
                                       .partition = partition,
                                       .offset = offset,
                                       .asked_moment = evidence_moment(evidence)};
    evidence_add_read(evidence, &done);
}

static void a_read_must_show_what_its_reader_was_told(void **state)
{
    (void)state;
    struct answer answer = find_answer(EVIDENCE_ACCOUNTS, 0, EVENT_ACCOUNT_STATUS_CHANGED, 0);
    struct evidence *evidence = forge_copy(truth);
    read(evidence, EVIDENCE_ACCOUNTS, 0, -1);
    tell(evidence, ask(evidence, answer.command_id, 0), &answer, "AccountStatusChanged", NULL);
    read(evidence, EVIDENCE_ACCOUNTS, 0, answer.at.offset);
    check_holds(evidence);
    read(evidence, EVIDENCE_ACCOUNTS, 0, answer.at.offset - 1);
    check_finds(evidence, 13);
    evidence_free(evidence);
}

/* Who was told that an order is canceled reads a balance that has followed. */
static void a_read_must_show_what_followed_from_what_its_reader_was_told(void **state)
{
    (void)state;
    struct answer answer = find_answer(EVIDENCE_ORDERS, 1, EVENT_ORDER_CANCELED, 0);
    struct evidence *evidence = forge_copy(truth);
    tell(evidence, ask(evidence, answer.command_id, 0), &answer, "OrderCanceled", NULL);
    for (int32_t i = 0; i < 3; i++)
        read(evidence, EVIDENCE_ACCOUNTS, i,
             (int64_t)evidence_log(evidence, false, EVIDENCE_ACCOUNTS, i)->count - 1);
    check_holds(evidence);
    evidence->reads_count = 0;
    for (int32_t i = 0; i < 3; i++)
        read(evidence, EVIDENCE_ACCOUNTS, i, 3);
    check_finds(evidence, 13);
    evidence_free(evidence);
}

static void reads_must_not_go_back(void **state)
{
    (void)state;
    struct evidence *evidence = forge_copy(truth);
    read(evidence, EVIDENCE_ORDERS, 1, 9);
    read(evidence, EVIDENCE_ORDERS, 1, 9);
    check_holds(evidence);
    read(evidence, EVIDENCE_ORDERS, 1, 8);
    check_finds(evidence, 13);
    evidence_free(evidence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_must_be_an_event_that_counts),
        cmocka_unit_test(an_answer_must_be_of_the_command_that_asked),
        cmocka_unit_test(a_refusal_must_not_be_told_as_another),
        cmocka_unit_test(a_retry_must_be_told_the_same),
        cmocka_unit_test(a_command_must_not_be_decided_ahead_of_what_its_caller_was_shown),
        cmocka_unit_test(a_read_must_show_what_its_reader_was_told),
        cmocka_unit_test(a_read_must_show_what_followed_from_what_its_reader_was_told),
        cmocka_unit_test(reads_must_not_go_back),
    };
    return cmocka_run_group_tests(tests, live_a_day, forget_the_day);
}
