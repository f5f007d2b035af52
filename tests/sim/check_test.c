/* The checkers, checked: they have nothing to say of a true log, and the right thing of each lie.
 */
#include "check_run.h"
#include "forge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct evidence *truth; /* a rough day, at rest */

static int live_a_day(void **state)
{
    (void)state;
    truth = forge_day(6, 3, 400, NULL);
    return 0;
}

static int forget_the_day(void **state)
{
    (void)state;
    evidence_free(truth);
    return 0;
}

static void a_true_log_holds(void **state)
{
    (void)state;
    struct check_problem problem;
    struct check_tally tally = {0};
    if (!check_and_tally(truth, true, &tally, &problem))
        fail_msg("%s", problem.text);
    clock_t begun = clock();
    if (!check_and_tally(truth, true, &tally, &problem))
        fail_msg("%s", problem.text);
    print_message("%llu events, %llu fills, %llu zombies, %llu poisoned, %llu repeated: %.1f ms\n",
                  (unsigned long long)tally.events, (unsigned long long)tally.fills,
                  (unsigned long long)tally.zombies, (unsigned long long)tally.poisoned,
                  (unsigned long long)tally.repeated,
                  (double)(clock() - begun) * 1000 / CLOCKS_PER_SEC);
}

static bool nothing(struct event *event, struct arena *arena)
{
    (void)event;
    (void)arena;
    return false;
}

static bool nothing_but_the_truth(struct event *event, struct arena *arena)
{
    (void)arena;
    return event->kind == EVENT_ORDER_ENTERED;
}

static void what_is_forged_without_a_lie_holds(void **state)
{
    (void)state;
    struct evidence *forged = NULL;
    struct check_problem problem;
    assert_false(forge(truth, nothing, 0, &forged));
    assert_true(forge(truth, nothing_but_the_truth, 0, &forged));
    if (!check_all(forged, true, &problem))
        fail_msg("%s", problem.text);
    evidence_free(forged);
}

/* --- records ---------------------------------------------------------------------------------- */

static void check_finds(const struct evidence *evidence, int invariant)
{
    struct check_problem problem;
    assert_false(check_all(evidence, true, &problem));
    print_message("%s\n", problem.text);
    assert_int_equal(problem.invariant, invariant);
}

/* The first valid event of that kind in a partition, by the type in its headers. */
static size_t record_of(const struct evidence *evidence, enum evidence_service service,
                        int32_t partition, const char *type)
{
    const struct evidence_partition *log = evidence_log(evidence, false, service, partition);
    for (size_t i = 0; i < log->count; i++) {
        for (size_t j = 0; j < log->records[i].headers_count; j++) {
            if (text_is(log->records[i].headers[j].name, "ce_type") &&
                text_is(log->records[i].headers[j].value, type))
                return i;
        }
    }
    fail_msg("no %s", type);
    return 0;
}

static void an_event_taken_out_is_missed(void **state)
{
    (void)state;
    size_t at = record_of(truth, EVIDENCE_ORDERS, 1, "bourse.orders.OrderCanceled");
    struct evidence *forged = forge_without(truth, false, EVIDENCE_ORDERS, 1, at);
    struct check_problem problem;
    assert_false(check_all(forged, true, &problem)); /* the rest of its epoch does not count */
    assert_false(check_all(forged, false, &problem));
    evidence_free(forged);
}

static void the_last_event_taken_out_leaves_its_input_unanswered(void **state)
{
    (void)state;
    size_t last = evidence_log(truth, false, EVIDENCE_AUDIT, 0)->count - 1;
    struct evidence *forged = forge_without(truth, false, EVIDENCE_AUDIT, 0, last);
    struct check_problem problem;
    check_finds(forged, 19);
    if (!check_all(forged, false, &problem)) /* before all is at rest it may yet come */
        fail_msg("%s", problem.text);
    evidence_free(forged);
}

static void a_command_taken_out_is_missed(void **state)
{
    (void)state;
    struct evidence *forged = forge_without(truth, true, EVIDENCE_ORDERS, 1, 3);
    check_finds(forged, 6);
    evidence_free(forged);
}

static void a_second_copy_of_a_command_wants_an_answer_of_its_own(void **state)
{
    (void)state;
    struct evidence *forged = forge_copy(truth);
    const struct evidence_partition *log = evidence_log(forged, true, EVIDENCE_ACCOUNTS, 0);
    struct evidence_record record = log->records[0];
    record.offset = (int64_t)log->count;
    evidence_add_record(forged, true, EVIDENCE_ACCOUNTS, 0, &record);
    check_finds(forged, 19);
    evidence_free(forged);
}

static void a_header_that_lies_is_found(void **state)
{
    (void)state;
    struct evidence *forged = forge_copy(truth);
    size_t at = record_of(forged, EVIDENCE_ACCOUNTS, 0, "bourse.accounts.OrderAuthorized");
    struct evidence_record *record =
        &evidence_log(forged, false, EVIDENCE_ACCOUNTS, 0)->records[at];
    struct evidence_header headers[EVIDENCE_HEADERS_MAX];
    memcpy(headers, record->headers, record->headers_count * sizeof *headers);
    for (size_t i = 0; i < record->headers_count; i++) {
        if (text_is(headers[i].name, "touches"))
            headers[i].value = TEXT("orders/7");
    }
    record->headers = headers;
    check_finds(forged, 9);
    evidence_free(forged);
}

/* Any bit of any record: what was said of it before holds no more. */
static void a_flipped_bit_is_found(void **state)
{
    (void)state;
    for (size_t i = 1; i < 30; i++) {
        struct evidence *forged = forge_copy(truth);
        const struct evidence_partition *log = evidence_log(forged, false, EVIDENCE_ORDERS, 1);
        struct bytes value = log->records[i % (log->count - 1)].value;
        struct check_problem problem;
        ((uint8_t *)(uintptr_t)value.data)[i * 31 % value.size] ^= (uint8_t)(1 << i % 8);
        if (check_all(forged, true, &problem))
            fail_msg("a bit of record %zu", i % log->count);
        evidence_free(forged);
    }
}

static void no_bytes_in_a_log_upset_the_reader(void **state)
{
    (void)state;
    struct arena *arena = arena_new(SIZE_MAX);
    const struct evidence_partition *log = evidence_log(truth, false, EVIDENCE_ACCOUNTS, 0);
    uint32_t random = 1;
    size_t read = 0;
    for (size_t i = 0; i < 20000; i++) {
        uint8_t bytes[600];
        struct bytes value = log->records[i % log->count].value;
        size_t size = value.size < sizeof bytes ? value.size : sizeof bytes;
        memcpy(bytes, value.data, size);
        for (int j = 0; j < 3; j++) {
            random = random * 1664525 + 1013904223;
            bytes[random >> 8 & 511] = (uint8_t)(random >> 24);
        }
        arena_reset(arena);
        read += check_read((struct bytes){bytes, size}, arena) != NULL;
    }
    assert_in_range(read, 1, 19999);
    arena_free(arena);
}

/* --- what the checks know of schemas ---------------------------------------------------------- */

static void the_checks_know_every_event_and_what_it_answers(void **state)
{
    (void)state;
    assert_int_equal(CHECK_KINDS_COUNT - 1, EVENT_KINDS);
    for (int i = 0; i < EVENT_KINDS; i++) {
        const struct wire_message *message = &WIRE_EVENTS[i];
        bool known = false;
        for (int kind = KIND_UNKNOWN + 1; kind < CHECK_KINDS_COUNT; kind++) {
            const struct check_kind_row *row = &check_kinds[kind];
            if (strcmp(row->name, wire_message_name(message)) != 0)
                continue;
            known = row->answers == message->answers &&
                    row->ticket == (message->answers && message->ticket);
        }
        if (!known)
            fail_msg("%s: say in check_run.h what it is", message->full_name);
    }
}

/* --- states, projections, bounds -------------------------------------------------------------- */

static void two_states_behind_one_event_are_found(void **state)
{
    (void)state;
    struct evidence *forged = forge_copy(truth);
    struct check_problem problem;
    struct evidence_state shown = {.service = EVIDENCE_ORDERS, .partition = 1, .offset = 5};
    evidence_add_state(forged, &shown);
    shown.origin = EVIDENCE_REPLAYED;
    evidence_add_state(forged, &shown);
    assert_true(check_all(forged, true, &problem));
    shown.state_hash[3] = 1;
    evidence_add_state(forged, &shown);
    check_finds(forged, 10);
    evidence_free(forged);
}

static void a_projection_that_goes_back_is_found(void **state)
{
    (void)state;
    struct evidence *forged = forge_copy(truth);
    struct check_problem problem;
    struct evidence_sample sample = {.service = EVIDENCE_SETTINGS, .offsets = {3, 4, 5}};
    evidence_begin_sample(forged, &sample);
    sample.offsets[1] = 7;
    evidence_begin_sample(forged, &sample);
    sample.database = 1;
    sample.offsets[1] = -1;
    evidence_begin_sample(forged, &sample); /* another database begins again */
    assert_true(check_all(forged, true, &problem));
    sample.offsets[2] = 4;
    evidence_begin_sample(forged, &sample);
    check_finds(forged, 11);
    evidence_free(forged);
}

static void what_grows_past_its_bound_is_found(void **state)
{
    (void)state;
    struct evidence *forged = forge_copy(truth);
    struct check_problem problem;
    evidence_reached(forged, "waiting inputs", 10, 10);
    assert_true(check_all(forged, true, &problem));
    evidence_reached(forged, "waiting inputs", 11, 10);
    check_finds(forged, 18);
    evidence_free(forged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_true_log_holds),
        cmocka_unit_test(what_is_forged_without_a_lie_holds),
        cmocka_unit_test(an_event_taken_out_is_missed),
        cmocka_unit_test(the_last_event_taken_out_leaves_its_input_unanswered),
        cmocka_unit_test(a_command_taken_out_is_missed),
        cmocka_unit_test(a_second_copy_of_a_command_wants_an_answer_of_its_own),
        cmocka_unit_test(a_header_that_lies_is_found),
        cmocka_unit_test(a_flipped_bit_is_found),
        cmocka_unit_test(no_bytes_in_a_log_upset_the_reader),
        cmocka_unit_test(the_checks_know_every_event_and_what_it_answers),
        cmocka_unit_test(two_states_behind_one_event_are_found),
        cmocka_unit_test(a_projection_that_goes_back_is_found),
        cmocka_unit_test(what_grows_past_its_bound_is_found),
    };
    return cmocka_run_group_tests(tests, live_a_day, forget_the_day);
}
