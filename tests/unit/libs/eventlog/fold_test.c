/* fold_test.c - the fold on hostile logs (tests/conformance), from their start and from within. */
#include "eventlog/fold.h"

#include "eventlog/kept.h"
#include "hostile.h"
#include "seal/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_SIZE = 1 << 20 };

static enum fold_verdict step(struct fold *fold, const struct log_record *record)
{
    static struct event event;
    struct arena *arena = arena_new(ARENA_SIZE);
    enum fold_verdict verdict = fold_step(fold, record, arena, &event);
    arena_free(arena);
    return verdict;
}

static void folds_as_the_scenario_says(void **state)
{
    const struct scenario *scenario = *state;
    struct hostile *log = hostile_new(scenario);
    struct fold fold;
    fold_init(&fold, SERVICE_ACCOUNTS, 0);
    char verdicts[HOSTILE_RECORDS_MAX + 1] = "";
    for (size_t i = 0; i < log->count && strchr(verdicts, 'S') == NULL; i++)
        verdicts[i] = "VCIS"[step(&fold, &log->records[i])];
    assert_string_equal(verdicts, scenario->verdicts);
    if (strchr(verdicts, 'S') == NULL) {
        assert_memory_equal(&fold.state.head, &log->next.head, sizeof fold.state.head);
        assert_int_equal(fold.state.poisoned, scenario->poisoned);
    }
    fold_free(&fold);
    hostile_free(log);
}

/* Cut anywhere behind its beginning, and gone on with from the stored state. */
static void resumed_anywhere_comes_to_the_same_head(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS_COUNT; i++) {
        if (strchr(SCENARIOS[i].verdicts, 'S') != NULL)
            continue;
        struct hostile *log = hostile_new(&SCENARIOS[i]);
        for (size_t cut = 1; cut < log->count; cut++) {
            struct fold first, second;
            fold_init(&first, SERVICE_ACCOUNTS, 0);
            fold_init(&second, SERVICE_ACCOUNTS, 0);
            for (size_t k = 0; k < cut; k++)
                step(&first, &log->records[k]);
            if (first.started)
                fold_resume(&second, first.incarnation, first.next_offset, &first.state);
            for (size_t k = cut; k < log->count; k++)
                assert_int_not_equal(step(&second, &log->records[k]), FOLD_STOP);
            assert_memory_equal(&second.state.head, &log->next.head, sizeof second.state.head);
            fold_free(&first);
            fold_free(&second);
        }
        hostile_free(log);
    }
}

/* Why each void record of a scenario is one. */
static const struct {
    const char *scenario;
    enum fold_void whys[8];
    size_t count;
} WHYS[] = {
    {"a_replaced_writers_record_is_inert", {FOLD_VOID_LATE}, 1},
    {"nothing_counts_before_the_first_claim", {FOLD_VOID_LATE}, 1},
    {"the_first_claim_of_an_epoch_wins", {FOLD_VOID_LATE, FOLD_VOID_LATE, FOLD_VOID_LATE}, 3},
    {"behind_a_lost_record_all_is_inert_until_a_claim", {FOLD_VOID_LOST, FOLD_VOID_POISONED}, 2},
    {"a_record_that_continues_another_history_poisons", {FOLD_VOID_LOST}, 1},
    {"a_copy_of_a_record_is_inert", {FOLD_VOID_COPY}, 1},
    {"another_log_is_inert", {FOLD_VOID_OTHER_LOG, FOLD_VOID_OTHER_LOG}, 2},
    {"a_second_creation_is_inert", {FOLD_VOID_OTHER_LOG}, 1},
    {"another_partition_or_service_is_inert",
     {FOLD_VOID_MISPLACED, FOLD_VOID_MISPLACED, FOLD_VOID_MISPLACED, FOLD_VOID_MISPLACED},
     4},
    {"an_unknown_schema_that_is_not_due_is_inert", {FOLD_VOID_UNREADABLE}, 1},
    {"a_time_that_nobody_can_write_down_is_inert", {FOLD_VOID_UNREADABLE}, 1},
};

static const struct scenario *scenario_named(const char *name)
{
    for (size_t i = 0; i < SCENARIOS_COUNT; i++) {
        if (strcmp(SCENARIOS[i].name, name) == 0)
            return &SCENARIOS[i];
    }
    fail_msg("there is no scenario %s", name);
    return NULL;
}

static void of_each_void_record_it_is_said_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(WHYS); i++) {
        struct hostile *log = hostile_new(scenario_named(WHYS[i].scenario));
        struct fold fold;
        size_t count = 0;
        print_message("%s\n", WHYS[i].scenario);
        fold_init(&fold, SERVICE_ACCOUNTS, 0);
        for (size_t k = 0; k < log->count; k++) {
            if (step(&fold, &log->records[k]) == FOLD_INERT)
                assert_string_equal(fold_void_name(fold.why),
                                    fold_void_name(WHYS[i].whys[count++]));
        }
        assert_int_equal(count, WHYS[i].count);
        fold_free(&fold);
        hostile_free(log);
    }
}

static struct fold_appended *appended_new(void)
{
    struct fold_appended *appended = calloc(FOLD_APPENDED_MAX, sizeof *appended);
    assert_non_null(appended);
    return appended;
}

static void appended_free(struct fold_appended *appended)
{
    for (size_t i = 0; i < FOLD_APPENDED_MAX; i++)
        kept_free(&appended[i].record);
    free(appended);
}

/* Folds the first two records, the claim after LogCreated, and then the event behind them: `change`
 * the copy of it that its writer kept, which says of its head that it is `head`. */
static struct hash head_read_back(const struct hostile *log, struct hash head, bool change)
{
    struct fold_appended *appended = appended_new();
    struct fold fold;
    fold_init(&fold, SERVICE_ACCOUNTS, 0);
    assert_int_equal(step(&fold, &log->records[0]), FOLD_VALID);
    assert_int_equal(step(&fold, &log->records[1]), FOLD_CLAIM);
    struct fold_appended *copy = &appended[(fold.state.wseq + 1) % FOLD_APPENDED_MAX];
    kept_take(&copy->record, log->records[2].key, log->records[2].value);
    copy->record.bytes.data[copy->record.bytes.size - 1] ^= change;
    copy->head = head;
    fold.appended = appended;
    assert_int_equal(step(&fold, &log->records[2]), FOLD_VALID);
    struct hash found = fold.state.head;
    fold_free(&fold);
    appended_free(appended);
    return found;
}

static void only_what_comes_back_as_it_was_appended_is_not_hashed_again(void **state)
{
    (void)state;
    struct hostile *log = hostile_new(&SCENARIOS[0]);
    const struct hash mark = {{1, 2, 3}};
    struct hash same = head_read_back(log, mark, false);
    assert_memory_equal(&same, &mark, sizeof mark);
    struct hash changed = head_read_back(log, mark, true);
    struct hash first = fold_record_hash(log->records[0].key, log->records[0].value);
    struct hash claim = fold_hash(&first, log->records[1].key, log->records[1].value);
    struct hash honest = fold_hash(&claim, log->records[2].key, log->records[2].value);
    assert_memory_equal(&changed, &honest, sizeof honest);
    hostile_free(log);
}

static int setup(void **state)
{
    (void)state;
    return seal_init() == OK ? 0 : -1;
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(resumed_anywhere_comes_to_the_same_head),
        cmocka_unit_test(of_each_void_record_it_is_said_why),
        cmocka_unit_test(only_what_comes_back_as_it_was_appended_is_not_hashed_again),
    };
    struct CMUnitTest *tests = calloc(SCENARIOS_COUNT + COUNT_OF(others), sizeof *tests);
    CHECK(tests != NULL);
    for (size_t i = 0; i < SCENARIOS_COUNT; i++)
        tests[i] = (struct CMUnitTest){.name = SCENARIOS[i].name,
                                       .test_func = folds_as_the_scenario_says,
                                       .initial_state = (void *)(uintptr_t)&SCENARIOS[i]};
    memcpy(tests + SCENARIOS_COUNT, others, sizeof others);
    int failed =
        _cmocka_run_group_tests("fold", tests, SCENARIOS_COUNT + COUNT_OF(others), setup, NULL);
    free(tests);
    return failed;
}
