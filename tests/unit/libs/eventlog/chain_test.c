/* chain_test.c - a log against signed heads: each way to work on it, and which record is named. */
#include "eventlog/chain.h"

#include "hostile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_SIZE = 1 << 20, RECORDS = 12, FIRST_HEAD = 5 };

static const struct chain_fault NONE = {0, 0, NULL};

/* Creation, two writers, and the heads that are signed: behind record 4, and behind the last. */
static void write_honest(struct hostile *log)
{
    hostile_create(log);
    hostile_take_over(log, 1);
    while (log->count < RECORDS) {
        if (log->count == 8)
            hostile_take_over(log, 2);
        else
            hostile_append_due(log);
    }
}

static const struct scenario HONEST = {.name = "honest", .write = write_honest};

static struct hash head_behind(const struct hostile *log, size_t count)
{
    static struct event event;
    struct arena *arena = arena_new(ARENA_SIZE);
    struct fold fold;
    fold_init(&fold, SERVICE_ACCOUNTS, 0);
    for (size_t i = 0; i < count; i++)
        (void)fold_step(&fold, &log->records[i], arena, &event);
    struct hash head = fold.state.head;
    fold_free(&fold);
    arena_free(arena);
    return head;
}

static void sign(const struct hostile *log, struct chain_head ret_heads[2])
{
    ret_heads[0] = (struct chain_head){FIRST_HEAD, head_behind(log, FIRST_HEAD)};
    ret_heads[1] = (struct chain_head){(int64_t)log->count, head_behind(log, log->count)};
}

static struct chain_fault judge(const struct log_record *records, size_t count,
                                const struct chain_head *heads, size_t heads_count)
{
    static struct event event;
    struct arena *arena = arena_new(ARENA_SIZE);
    struct chain chain;
    bool good = true, counts;
    chain_begin(&chain, SERVICE_ACCOUNTS, 0, heads, heads_count);
    for (size_t i = 0; i < count && good; i++)
        good = chain_step(&chain, &records[i], arena, &event, &counts);
    if (good)
        good = chain_end(&chain);
    struct chain_fault fault = good ? NONE : chain.fault;
    assert_int_equal(good, fault.what == NULL);
    chain_free(&chain);
    arena_free(arena);
    return fault;
}

static void assert_names(struct chain_fault fault, int64_t offset)
{
    assert_non_null(fault.what);
    assert_int_equal(fault.first, offset);
    assert_int_equal(fault.last, offset);
}

static void what_was_signed_is_good_whatever_lies_there_that_does_not_count(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS_COUNT; i++) {
        if (strchr(SCENARIOS[i].verdicts, 'S') != NULL)
            continue;
        struct hostile *log = hostile_new(&SCENARIOS[i]);
        const struct chain_head head = {log->records[log->count - 1].offset + 1,
                                        head_behind(log, log->count)};
        assert_null(judge(log->records, log->count, &head, 1).what);
        hostile_free(log);
    }
}

/* Of the last record before a head nothing says whether it alone is bad; of all others, it does. */
static void any_byte_that_is_changed_names_its_record(void **state)
{
    (void)state;
    struct hostile *log = hostile_new(&HONEST);
    struct chain_head heads[2];
    sign(log, heads);
    assert_null(judge(log->records, log->count, heads, 2).what);
    for (size_t i = 0; i < log->count; i++) {
        uint8_t *bytes = (uint8_t *)(uintptr_t)log->records[i].value.data;
        for (size_t k = 0; k < log->records[i].value.size; k++) {
            bytes[k] ^= 1;
            struct chain_fault fault = judge(log->records, log->count, heads, 2);
            bytes[k] ^= 1;
            assert_non_null(fault.what);
            if (i + 1 != FIRST_HEAD && i + 1 != log->count)
                assert_names(fault, (int64_t)i);
            else
                assert_true(fault.first <= (int64_t)i && fault.last == (int64_t)i);
        }
    }
    hostile_free(log);
}

static void a_key_that_is_changed_names_its_record(void **state)
{
    (void)state;
    struct hostile *log = hostile_new(&HONEST);
    struct chain_head heads[2];
    sign(log, heads);
    for (size_t i = 2; i + 1 < log->count; i++) {
        struct bytes key = log->records[i].key;
        log->records[i].key = (struct bytes){(const uint8_t *)"kez", 3};
        if (i + 1 != FIRST_HEAD)
            assert_names(judge(log->records, log->count, heads, 2), (int64_t)i);
        log->records[i].key = key;
    }
    hostile_free(log);
}

/* Copies a log without the record at `out`, and with the numbers of what follows moved up. */
static size_t without(const struct hostile *log, size_t out, bool renumber,
                      struct log_record ret_records[HOSTILE_RECORDS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < log->count; i++) {
        if (i == out)
            continue;
        ret_records[count] = log->records[i];
        if (renumber)
            ret_records[count].offset = (int64_t)count;
        count++;
    }
    return count;
}

static void a_record_that_is_left_out_is_missed_where_it_was(void **state)
{
    (void)state;
    struct hostile *log = hostile_new(&HONEST);
    struct log_record records[HOSTILE_RECORDS_MAX];
    struct chain_head heads[2];
    sign(log, heads);
    for (size_t i = 0; i < log->count; i++) {
        size_t count = without(log, i, false, records);
        assert_names(judge(records, count, heads, 2), (int64_t)i);
        if (i == 8 || i == 7) /* a claim, or the record before one: both continue all the same */
            continue;
        count = without(log, i, true, records);
        assert_names(judge(records, count, heads, 2), (int64_t)i);
    }
    hostile_free(log);
}

static void records_that_are_swapped_are_named_by_the_first(void **state)
{
    (void)state;
    struct hostile *log = hostile_new(&HONEST);
    struct chain_head heads[2];
    sign(log, heads);
    for (size_t i = 2; i < 6; i++) {
        struct log_record records[HOSTILE_RECORDS_MAX];
        memcpy(records, log->records, sizeof records);
        records[i] = log->records[i + 1];
        records[i + 1] = log->records[i];
        records[i].offset = (int64_t)i;
        records[i + 1].offset = (int64_t)i + 1;
        assert_names(judge(records, log->count, heads, 2), (int64_t)i);
    }
    hostile_free(log);
}

static void a_log_that_was_cut_misses_what_is_signed(void **state)
{
    (void)state;
    struct hostile *log = hostile_new(&HONEST);
    struct chain_head heads[2];
    sign(log, heads);
    for (size_t count = 0; count < log->count; count++)
        assert_names(judge(log->records, count, heads, 2), (int64_t)count);
    hostile_free(log);
}

/* The same log up to a record, and from there on another one whose links are all right. */
static void a_log_that_was_made_anew_is_bad_behind_the_last_head_that_was_met(void **state)
{
    (void)state;
    struct hostile *log = hostile_new(&HONEST);
    struct chain_head heads[2];
    sign(log, heads);
    for (size_t from = 2; from < log->count; from++) {
        struct hostile forged = {.arena = log->arena};
        hostile_create(&forged);
        hostile_take_over(&forged, 1);
        while (forged.count < log->count) {
            struct event event = hostile_due(&forged);
            if (forged.count == 8) {
                hostile_take_over(&forged, 2);
                continue;
            }
            if (forged.count == from)
                event.command_rejected.message = TEXT("forged");
            hostile_append(&forged, &event);
        }
        struct chain_fault fault = judge(forged.records, forged.count, heads, 2);
        assert_non_null(fault.what);
        assert_int_equal(fault.first, from < FIRST_HEAD ? 0 : FIRST_HEAD);
        assert_int_equal(fault.last, from < FIRST_HEAD ? FIRST_HEAD - 1 : (int64_t)log->count - 1);
        if (from == 7)
            from++; /* 8 is the claim */
    }
    hostile_free(log);
}

static void a_header_that_is_changed_names_its_record(void **state)
{
    (void)state;
    struct hostile *log = hostile_new(&HONEST);
    struct chain_head heads[2];
    sign(log, heads);
    for (size_t i = 2; i < log->count; i++) {
        if (i == 8) /* of a claim they are not looked at */
            continue;
        size_t count = log->records[i].headers_count;
        log->records[i].headers_count = 0;
        assert_names(judge(log->records, log->count, heads, 2), (int64_t)i);
        log->records[i].headers_count = count;
    }
    hostile_free(log);
}

static void what_lies_behind_the_last_head_is_not_judged(void **state)
{
    (void)state;
    struct hostile *log = hostile_new(&HONEST);
    struct chain_head heads[2];
    sign(log, heads);
    assert_null(judge(log->records, log->count, heads, 1).what);
    assert_null(judge(log->records, FIRST_HEAD, heads, 1).what);
    const struct chain_head nothing_read = {.next_offset = 0};
    assert_null(judge(log->records, log->count, &nothing_read, 1).what);
    ((uint8_t *)(uintptr_t)log->records[FIRST_HEAD].value.data)[20] ^= 1;
    assert_null(judge(log->records, log->count, heads, 1).what);
    hostile_free(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_signed_is_good_whatever_lies_there_that_does_not_count),
        cmocka_unit_test(any_byte_that_is_changed_names_its_record),
        cmocka_unit_test(a_key_that_is_changed_names_its_record),
        cmocka_unit_test(a_record_that_is_left_out_is_missed_where_it_was),
        cmocka_unit_test(records_that_are_swapped_are_named_by_the_first),
        cmocka_unit_test(a_log_that_was_cut_misses_what_is_signed),
        cmocka_unit_test(a_log_that_was_made_anew_is_bad_behind_the_last_head_that_was_met),
        cmocka_unit_test(a_header_that_is_changed_names_its_record),
        cmocka_unit_test(what_lies_behind_the_last_head_is_not_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
