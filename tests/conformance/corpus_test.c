/* corpus_test.c - the fold against the files of libs/eventlog/conformance, those and no others. */
#include "corpus.h"
#include "eventlog/fold.h"
#include "seal/seal.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER BOURSE_SOURCE_DIR "/libs/eventlog/conformance/"

enum { ARENA_SIZE = 1 << 24, EVENT_ARENA_SIZE = 1 << 20 };

static struct text read_file(const char *path, struct arena *arena)
{
    char *data = arena_alloc(arena, CORPUS_FILE_MAX);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s is missing: run conformance_write", path);
    size_t size = fread(data, 1, CORPUS_FILE_MAX, file);
    fclose(file);
    return (struct text){data, size};
}

static struct text read_scenario(const struct scenario *scenario, struct arena *arena)
{
    char path[4096];
    snprintf(path, sizeof path, FOLDER "%s.jsonl", scenario->name);
    return read_file(path, arena);
}

static void assert_folds(const struct corpus_case *expected)
{
    static struct event event;
    struct arena *arena = arena_new(EVENT_ARENA_SIZE);
    struct fold fold;
    char verdicts[HOSTILE_RECORDS_MAX + 1] = "";
    fold_init(&fold, SERVICE_ACCOUNTS, 0);
    for (size_t i = 0; i < expected->count; i++) {
        verdicts[i] = "VCIS"[fold_step(&fold, &expected->records[i], arena, &event)];
        arena_reset(arena);
    }
    assert_string_equal(verdicts, expected->verdicts);
    if (!expected->stops) {
        assert_int_equal(fold.state.epoch, expected->final.epoch);
        assert_int_equal(fold.state.wseq, expected->final.wseq);
        assert_int_equal(fold.state.poisoned, expected->final.poisoned);
        assert_memory_equal(&fold.state.nonce, &expected->final.nonce, sizeof fold.state.nonce);
        assert_memory_equal(&fold.state.head, &expected->final.head, sizeof fold.state.head);
    }
    fold_free(&fold);
    arena_free(arena);
}

static void the_fold_says_of_every_file_what_the_file_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS_COUNT; i++) {
        struct arena *arena = arena_new(ARENA_SIZE);
        struct corpus_case expected = corpus_parse(read_scenario(&SCENARIOS[i], arena), arena);
        print_message("%s\n", SCENARIOS[i].name);
        assert_folds(&expected);
        arena_free(arena);
    }
}

/* Published schema versions never change, so neither does a file that is written anew. */
static void every_file_is_what_its_scenario_writes(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS_COUNT; i++) {
        struct arena *arena = arena_new(ARENA_SIZE);
        struct buffer written;
        struct text found = read_scenario(&SCENARIOS[i], arena);
        buffer_init(&written, CORPUS_FILE_MAX);
        corpus_print(&SCENARIOS[i], &written);
        assert_int_equal(found.size, written.size);
        assert_memory_equal(found.data, written.data, found.size);
        buffer_free(&written);
        arena_free(arena);
    }
}

static void there_is_a_file_for_each_scenario_and_no_other(void **state)
{
    (void)state;
    size_t count = 0;
    DIR *folder = opendir(FOLDER);
    assert_non_null(folder);
    for (struct dirent *next = readdir(folder); next != NULL; next = readdir(folder))
        count += strstr(next->d_name, ".jsonl") != NULL;
    closedir(folder);
    assert_int_equal(count, SCENARIOS_COUNT);
}

static int setup(void **state)
{
    (void)state;
    return seal_init() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fold_says_of_every_file_what_the_file_says),
        cmocka_unit_test(every_file_is_what_its_scenario_writes),
        cmocka_unit_test(there_is_a_file_for_each_scenario_and_no_other),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
