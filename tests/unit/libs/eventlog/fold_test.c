#include "eventlog/fold.h"

#include "eventlog/headers.h"
#include "seal/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RECORDS_MAX = 64, ARENA_SIZE = 1 << 22 };

/* A log being forged, and what writing honestly would go on with. */
struct forge {
    struct log_record records[RECORDS_MAX];
    size_t count;
    struct fold_state next; /* of an honest writer */
    int64_t time_us;
    struct arena *arena;
};

static struct forge *forge_new(void)
{
    struct forge *forge = calloc(1, sizeof *forge);
    forge->arena = arena_new(ARENA_SIZE);
    return forge;
}

static void forge_free(struct forge *forge)
{
    arena_free(forge->arena);
    free(forge);
}

/* Puts `event` at the end of the log with the headers that belong to it. */
static struct log_record *put(struct forge *forge, struct event *event)
{
    struct buffer value;
    struct log_header *headers = ARENA_NEW(forge->arena, struct log_header, LOG_HEADERS_MAX);
    event->meta.service = TEXT("accounts");
    event->key = TEXT("key");
    buffer_init(&value, 100000);
    event_encode(event, &value);
    struct text copy = arena_text(forge->arena, buffer_as_text(&value));
    buffer_free(&value);
    struct log_record *record = &forge->records[forge->count];
    *record = (struct log_record){
        .topic = TEXT("bourse.accounts.events"),
        .offset = (int64_t)forge->count++,
        .key = {(const uint8_t *)"key", 3},
        .value = {(const uint8_t *)copy.data, copy.size},
        .headers = headers,
    };
    record->headers_count = headers_of_event(event, forge->arena, headers);
    return record;
}

static void put_creation(struct forge *forge)
{
    struct event event = {.kind = EVENT_LOG_CREATED};
    struct log_record *record = put(forge, &event);
    forge->next = (struct fold_state){.head = fold_record_hash(record->key, record->value)};
}

static struct event claim_of(const struct forge *forge, int64_t epoch, uint8_t nonce)
{
    struct event event = {.kind = EVENT_WRITER_CLAIMED};
    event.meta.epoch = epoch;
    event.meta.nonce.bytes[0] = nonce;
    event.meta.prev_hash = forge->next.head;
    event.writer_claimed.min_reader = FOLD_READER_VERSION;
    event.writer_claimed.code_version = TEXT("test");
    return event;
}

/* The claim that is due, by the writer with that nonce. */
static void put_claim(struct forge *forge, uint8_t nonce)
{
    struct event claim = claim_of(forge, forge->next.epoch + 1, nonce);
    struct log_record *record = put(forge, &claim);
    forge->next = (struct fold_state){
        .epoch = claim.meta.epoch,
        .nonce = claim.meta.nonce,
        .head = fold_hash(&forge->next.head, record->key, record->value),
    };
}

/* What the honest writer would append next. */
static struct event event_due(const struct forge *forge)
{
    struct event event = {.kind = EVENT_COMMAND_REJECTED};
    event.meta.epoch = forge->next.epoch;
    event.meta.nonce = forge->next.nonce;
    event.meta.wseq = forge->next.wseq + 1;
    event.meta.prev_hash = forge->next.head;
    event.meta.occurred_at = forge->time_us;
    event.command_rejected.code = TEXT("X");
    event.command_rejected.message = TEXT("x");
    return event;
}

static void moved(struct forge *forge, const struct log_record *record)
{
    forge->next.wseq++;
    forge->next.head = fold_hash(&forge->next.head, record->key, record->value);
}

static void put_due(struct forge *forge)
{
    struct event event = event_due(forge);
    moved(forge, put(forge, &event));
}

/* Creation, a claim by writer 1, and `events` of it. */
static struct forge *honest(int events)
{
    struct forge *forge = forge_new();
    put_creation(forge);
    put_claim(forge, 1);
    for (int i = 0; i < events; i++)
        put_due(forge);
    return forge;
}

/* Folds the log; the verdicts as letters: V C I S (then it ends). */
static struct fold fold_all(const struct forge *forge, char ret_verdicts[RECORDS_MAX + 1])
{
    struct arena *arena = arena_new(ARENA_SIZE);
    struct fold fold;
    size_t i = 0;
    fold_init(&fold, SERVICE_ACCOUNTS, 0);
    for (; i < forge->count; i++) {
        static struct event event;
        enum fold_verdict verdict = fold_step(&fold, &forge->records[i], arena, &event);
        ret_verdicts[i] = "VCIS"[verdict];
        arena_reset(arena);
        if (verdict == FOLD_STOP) {
            i++;
            break;
        }
    }
    ret_verdicts[i] = 0;
    arena_free(arena);
    fold_free(&fold);
    return fold;
}

static void assert_folds(struct forge *forge, const char *expected)
{
    char verdicts[RECORDS_MAX + 1];
    struct fold fold = fold_all(forge, verdicts);
    assert_string_equal(verdicts, expected);
    if (strchr(expected, 'S') == NULL)
        assert_memory_equal(&fold.state.head, &forge->next.head, sizeof fold.state.head);
    forge_free(forge);
}

static void an_honest_log_is_valid(void **state)
{
    (void)state;
    struct forge *forge = honest(3);
    put_claim(forge, 2);
    put_due(forge);
    assert_folds(forge, "VCVVVCV");
}

static void a_replaced_writers_record_is_inert(void **state)
{
    (void)state;
    struct forge *forge = honest(1);
    struct event late = event_due(forge);
    put_claim(forge, 2);
    put(forge, &late);
    put_due(forge);
    assert_folds(forge, "VCVCIV");
}

static void nothing_counts_before_the_first_claim(void **state)
{
    (void)state;
    struct forge *forge = forge_new();
    put_creation(forge);
    struct event early = event_due(forge);
    put(forge, &early);
    assert_folds(forge, "VI");
}

/* "1, 4, 5": what lands behind a lost record is void until somebody claims again. */
static void behind_a_lost_record_the_epoch_is_poisoned_until_the_next_claim(void **state)
{
    (void)state;
    struct forge *forge = honest(1);
    struct fold_state before = forge->next;
    put_due(forge);
    forge->count--; /* the middle is lost */
    put_due(forge);
    put_due(forge);
    forge->next = before;
    put_claim(forge, 2);
    put_due(forge);
    assert_folds(forge, "VCVIICV");
}

static void in_a_poisoned_epoch_not_even_the_right_record_counts(void **state)
{
    (void)state;
    struct forge *forge = honest(0);
    struct event second = event_due(forge);
    second.meta.wseq = 2;
    put(forge, &second);
    struct event first = event_due(forge);
    put(forge, &first);
    assert_folds(forge, "VCII");
}

static void a_copy_of_a_record_is_inert(void **state)
{
    (void)state;
    struct forge *forge = honest(1);
    forge->records[forge->count] = forge->records[forge->count - 1];
    forge->records[forge->count].offset = (int64_t)forge->count;
    forge->count++;
    put_due(forge);
    assert_folds(forge, "VCVIV");
}

static void a_record_that_continues_another_history_poisons(void **state)
{
    (void)state;
    struct forge *forge = honest(1);
    struct event event = event_due(forge);
    event.meta.prev_hash.bytes[5] ^= 1;
    put(forge, &event);
    assert_folds(forge, "VCVI");
}

static void the_first_claim_of_an_epoch_wins_any_other_number_is_inert(void **state)
{
    (void)state;
    struct forge *forge = honest(1);
    struct event same = claim_of(forge, 1, 9), ahead = claim_of(forge, 3, 9);
    put(forge, &same);
    put(forge, &ahead);
    put_claim(forge, 2);
    struct event second = claim_of(forge, 2, 3);
    put(forge, &second);
    put_due(forge);
    assert_folds(forge, "VCVIICIV");
}

static void another_nonce_in_the_same_epoch_is_inert(void **state)
{
    (void)state;
    struct forge *forge = honest(1);
    struct event event = event_due(forge);
    event.meta.nonce.bytes[0] = 77;
    put(forge, &event);
    put_due(forge);
    assert_folds(forge, "VCVIV");
}

/* A copied machine draws the same nonce again: the epoch still tells its records apart, and a late
 * one does not poison the new epoch. */
static void a_nonce_drawn_twice_does_not_mix_two_epochs(void **state)
{
    (void)state;
    struct forge *forge = honest(1);
    struct event late = event_due(forge);
    put_claim(forge, 1);
    put(forge, &late);
    put_due(forge);
    assert_folds(forge, "VCVCIV");
}

static void another_log_or_partition_and_garbage_are_inert(void **state)
{
    (void)state;
    struct forge *forge = honest(1);
    struct event other_log = event_due(forge), other_partition = event_due(forge);
    other_log.meta.incarnation.bytes[3] = 1;
    other_partition.meta.partition = 2;
    put(forge, &other_log);
    put(forge, &other_partition);
    struct event garbage = event_due(forge);
    put(forge, &garbage)->value.size = 40;
    put_creation(forge);
    char verdicts[RECORDS_MAX + 1];
    struct fold fold = fold_all(forge, verdicts);
    assert_string_equal(verdicts, "VCVIIII");
    assert_int_equal(fold.inert_count, 4);
    forge_free(forge);
}

static void a_newer_writer_stops_an_old_reader(void **state)
{
    (void)state;
    struct forge *forge = honest(1);
    struct event claim = claim_of(forge, 2, 2);
    claim.writer_claimed.min_reader = FOLD_READER_VERSION + 1;
    put(forge, &claim);
    assert_folds(forge, "VCVS");
}

static void a_header_that_differs_from_the_value_stops_the_reader(void **state)
{
    (void)state;
    static const char *NAMES[] = {"epoch", "wseq", "nonce", "prev_hash", "touches"};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        struct forge *forge = honest(0);
        struct event event = event_due(forge);
        struct log_record *record = put(forge, &event);
        struct log_header *headers = (struct log_header *)(uintptr_t)record->headers;
        for (size_t j = 0; j < record->headers_count; j++) {
            if (text_is(headers[j].name, NAMES[i]))
                headers[j].value = TEXT("7");
        }
        assert_folds(forge, "VCS");
    }
}

static void time_that_goes_back_stops_the_reader(void **state)
{
    (void)state;
    struct forge *forge = honest(0);
    forge->time_us = 1000;
    put_due(forge);
    forge->time_us = 999;
    put_due(forge);
    assert_folds(forge, "VCVS");
}

static void put_answer(struct forge *forge, int64_t first, int64_t last)
{
    struct event event = event_due(forge);
    struct cause_run run = {
        .topic = TEXT("bourse.accounts.commands"), .first_offset = first, .last_offset = last};
    event.meta.cause = &run;
    event.meta.cause_count = 1;
    moved(forge, put(forge, &event));
}

static void an_input_answered_twice_stops_the_reader(void **state)
{
    (void)state;
    struct forge *forge = honest(0);
    put_answer(forge, 0, 4);
    put_answer(forge, 5, 5);
    put_answer(forge, 5, 6);
    assert_folds(forge, "VCVVS");

    forge = honest(0);
    put_answer(forge, 4, 3);
    assert_folds(forge, "VCS");
}

static void a_log_without_its_first_record_stops_the_reader(void **state)
{
    (void)state;
    struct forge *forge = honest(2);
    memmove(forge->records, forge->records + 1, --forge->count * sizeof *forge->records);
    assert_folds(forge, "S");
}

static void a_fold_resumed_anywhere_comes_to_the_same_head(void **state)
{
    (void)state;
    struct forge *forge = honest(4);
    struct event late = event_due(forge);
    put_claim(forge, 2);
    put(forge, &late);
    put_due(forge);
    struct arena *arena = arena_new(ARENA_SIZE);
    for (size_t cut = 1; cut < forge->count; cut++) {
        struct fold first, second;
        static struct event event;
        fold_init(&first, SERVICE_ACCOUNTS, 0);
        for (size_t i = 0; i < cut; i++)
            assert_int_not_equal(fold_step(&first, &forge->records[i], arena, &event), FOLD_STOP);
        fold_init(&second, SERVICE_ACCOUNTS, 0);
        fold_resume(&second, first.incarnation, first.next_offset, &first.state);
        for (size_t i = cut; i < forge->count; i++)
            assert_int_not_equal(fold_step(&second, &forge->records[i], arena, &event), FOLD_STOP);
        assert_memory_equal(&second.state.head, &forge->next.head, sizeof second.state.head);
        fold_free(&first);
        fold_free(&second);
        arena_reset(arena);
    }
    arena_free(arena);
    forge_free(forge);
}

static int setup(void **state)
{
    (void)state;
    return seal_init() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_log_is_valid),
        cmocka_unit_test(a_replaced_writers_record_is_inert),
        cmocka_unit_test(nothing_counts_before_the_first_claim),
        cmocka_unit_test(behind_a_lost_record_the_epoch_is_poisoned_until_the_next_claim),
        cmocka_unit_test(in_a_poisoned_epoch_not_even_the_right_record_counts),
        cmocka_unit_test(a_copy_of_a_record_is_inert),
        cmocka_unit_test(a_record_that_continues_another_history_poisons),
        cmocka_unit_test(the_first_claim_of_an_epoch_wins_any_other_number_is_inert),
        cmocka_unit_test(another_nonce_in_the_same_epoch_is_inert),
        cmocka_unit_test(a_nonce_drawn_twice_does_not_mix_two_epochs),
        cmocka_unit_test(another_log_or_partition_and_garbage_are_inert),
        cmocka_unit_test(a_newer_writer_stops_an_old_reader),
        cmocka_unit_test(a_header_that_differs_from_the_value_stops_the_reader),
        cmocka_unit_test(time_that_goes_back_stops_the_reader),
        cmocka_unit_test(an_input_answered_twice_stops_the_reader),
        cmocka_unit_test(a_log_without_its_first_record_stops_the_reader),
        cmocka_unit_test(a_fold_resumed_anywhere_comes_to_the_same_head),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
