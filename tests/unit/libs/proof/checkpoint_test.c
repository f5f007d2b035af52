#include "proof/checkpoint.h"

#include "base/uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_MAX = 4096, ARENA_SIZE = 1 << 20 };

#define ZEROS    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define ONE_ZERO "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define WHOLE                                                                                      \
    "bourse/01000000-0000-0000-0000-000000000000/audit\n42\n" ONE_ZERO "\n"                        \
    "number 7\nmade_at 2026-11-22T12:00:00.000001Z\n"                                              \
    "head accounts/2 1234 " ONE_ZERO "\nhead audit/0 5 " ZEROS "\n"

static struct partition_head HEADS[] = {
    {.service = {"accounts", 8}, .partition = 2, .next_offset = 1234, .head = {{1}}},
    {.service = {"audit", 5}, .partition = 0, .next_offset = 5},
};

static void what_an_event_says_is_signed_as_lines(void **state)
{
    (void)state;
    struct buffer text;
    const struct event_meta meta = {.incarnation = {{1}}, .occurred_at = INT64_C(1795348800000001)};
    const struct checkpoint_made made = {
        .number = 7, .tree_size = 42, .root_hash = {{1}}, .heads = HEADS, .heads_count = 2};
    buffer_init(&text, TEXT_MAX);
    checkpoint_print(&meta, &made, &text);
    assert_true(text_is(buffer_as_text(&text), WHOLE));
    buffer_free(&text);
}

static void the_lines_are_read_back(void **state)
{
    (void)state;
    struct arena *arena = arena_new(ARENA_SIZE);
    struct checkpoint read;
    assert_int_equal(checkpoint_parse(TEXT(WHOLE), arena, &read), OK);
    assert_true(text_is(read.origin, "bourse/01000000-0000-0000-0000-000000000000/audit"));
    assert_int_equal(read.tree_size, 42);
    assert_int_equal(read.root.bytes[0], 1);
    assert_int_equal(read.number, 7);
    assert_true(read.made_at == INT64_C(1795348800000001));
    assert_int_equal(read.heads_count, 2);
    assert_true(text_is(read.heads[0].service, "accounts"));
    assert_int_equal(read.heads[0].partition, 2);
    assert_int_equal(read.heads[0].next_offset, 1234);
    assert_int_equal(read.heads[0].head.bytes[0], 1);
    assert_int_equal(read.heads[1].next_offset, 5);
    arena_free(arena);
}

static void lines_that_are_cut_anywhere_but_at_a_head_are_no_checkpoint(void **state)
{
    (void)state;
    struct arena *arena = arena_new(ARENA_SIZE);
    struct checkpoint read;
    static const char TEXT_OF_ALL[] = WHOLE;
    size_t heads_at = (size_t)(strstr(TEXT_OF_ALL, "head ") - TEXT_OF_ALL);
    size_t second_at = (size_t)(strstr(TEXT_OF_ALL, "head audit") - TEXT_OF_ALL);
    for (size_t size = 0; size < sizeof TEXT_OF_ALL - 1; size++) {
        enum err expected = size == heads_at || size == second_at ? OK : ERR_INPUT;
        assert_int_equal(checkpoint_parse((struct text){TEXT_OF_ALL, size}, arena, &read),
                         expected);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_event_says_is_signed_as_lines),
        cmocka_unit_test(the_lines_are_read_back),
        cmocka_unit_test(lines_that_are_cut_anywhere_but_at_a_head_are_no_checkpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
