#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE_MAX_TEST = 1 << 20 };

static struct arena *arena;

static int new_arena(void **state)
{
    (void)state;
    arena = arena_new((size_t)JSON_ARENA_FACTOR * SIZE_MAX_TEST + 4096);
    return 0;
}

static int free_arena(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const struct json_value *parsed(struct text text)
{
    const struct json_value *value = NULL;
    struct json_error error;
    if (json_parse(text, SIZE_MAX_TEST, arena, &value, &error) != OK)
        fail_msg("%.*s: %s", (int)text.size, text.data, error.message);
    return value;
}

static struct json_error refused(struct text text)
{
    const struct json_value *value = NULL;
    struct json_error error = {.message = NULL};
    if (json_parse(text, SIZE_MAX_TEST, arena, &value, &error) != ERR_INPUT)
        fail_msg("accepted: %.*s", (int)text.size, text.data);
    assert_non_null(error.message);
    return error;
}

static void a_document_becomes_a_tree(void **state)
{
    (void)state;
    const struct json_value *root = parsed(TEXT(
        " {\"a\": [1, -2.50e+3, \"x\"], \"b\": {\"c\": null}, \"d\": true, \"\": false}\r\n\t"));
    assert_int_equal(root->kind, JSON_OBJECT);
    assert_int_equal(root->count, 4);
    const struct json_value *a = json_value_member(root, "a");
    assert_int_equal(a->count, 3);
    assert_true(text_is(json_value_item(a, 1)->text, "-2.50e+3"));
    assert_true(text_is(json_value_item(a, 2)->text, "x"));
    assert_null(json_value_item(a, 3));
    assert_int_equal(json_value_member(json_value_member(root, "b"), "c")->kind, JSON_NULL);
    assert_int_equal(json_value_member(root, "d")->kind, JSON_TRUE);
    assert_int_equal(json_value_member(root, "")->kind, JSON_FALSE);
    assert_null(json_value_member(root, "e"));
    assert_null(json_value_member(json_value_member(root, "e"), "f"));
    assert_null(json_value_item(root, 0));
    assert_null(json_value_member(a, "a"));
}

static void any_value_may_stand_alone(void **state)
{
    (void)state;
    assert_int_equal(parsed(TEXT("0"))->kind, JSON_NUMBER);
    assert_int_equal(parsed(TEXT("-0"))->kind, JSON_NUMBER);
    assert_int_equal(parsed(TEXT("\"\""))->kind, JSON_STRING);
    assert_int_equal(parsed(TEXT("[]"))->count, 0);
    assert_int_equal(parsed(TEXT("{ }"))->count, 0);
}

static void escapes_mean_their_characters(void **state)
{
    (void)state;
    const struct json_value *value =
        parsed(TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\ud83d\\ude00\\\\\""));
    assert_true(text_is(value->text, "\"\\/\b\f\n\r\tA\u00e9\u20ac\U0001f600\\"));
    assert_int_equal(json_value_member(parsed(TEXT("{\"\\u0061\":1}")), "a")->kind, JSON_NUMBER);
}

/* After JSONTestSuite's n_ cases and those of its i_ cases that we refuse. */
static const struct text NOT_STRICT[] = {
    TEXT(""),
    TEXT(" "),
    TEXT("[1,]"),
    TEXT("[,1]"),
    TEXT("[1,,2]"),
    TEXT("[1 2]"),
    TEXT("[1"),
    TEXT("["),
    TEXT("]"),
    TEXT("[}"),
    TEXT("{]"),
    TEXT("{\"a\":1,}"),
    TEXT("{\"a\"}"),
    TEXT("{\"a\":}"),
    TEXT("{\"a\" 1}"),
    TEXT("{a:1}"),
    TEXT("{'a':1}"),
    TEXT("{1:1}"),
    TEXT("{,}"),
    TEXT("{\"a\":1 \"b\":2}"),
    TEXT("{\"a\":1"),
    TEXT("{"),
    TEXT("01"),
    TEXT("-"),
    TEXT("-01"),
    TEXT("+1"),
    TEXT(".5"),
    TEXT("5."),
    TEXT("1.e1"),
    TEXT("1e"),
    TEXT("1e+"),
    TEXT("1e+-1"),
    TEXT("0x10"),
    TEXT("1_000"),
    TEXT("NaN"),
    TEXT("Infinity"),
    TEXT("-Infinity"),
    TEXT("1 2"),
    TEXT("tru"),
    TEXT("True"),
    TEXT("nul"),
    TEXT("truefalse"),
    TEXT("\""),
    TEXT("\"\\"),
    TEXT("\"\\\""),
    TEXT("\"\\x41\""),
    TEXT("\"\\u12\""),
    TEXT("\"\\u12g4\""),
    TEXT("\"\\U0041\""),
    TEXT("\"\\0\""),
    TEXT("\"a\nb\""),
    TEXT("\"a\tb\""),
    TEXT("\"a\0b\""),
    TEXT("\0"),
    TEXT("1\0"),
    TEXT("[1]\0"),
    TEXT("'a'"),
    TEXT("//c\n1"),
    TEXT("/**/1"),
    TEXT("1 #"),
    TEXT("\xef\xbb\xbf{}"),
    TEXT("\"\\u0000\""),
    TEXT("\"\\ud800\""),
    TEXT("\"\\udc00\""),
    TEXT("\"\\ud800\\u0041\""),
    TEXT("\"\\ud800\\ud800\""),
    TEXT("\"\\ud800x\""),
    TEXT("\"\\udc00\\ud800\""),
    TEXT("\"\xff\""),
    TEXT("\"\xc0\x80\""),
    TEXT("\"\xc1\xbf\""),
    TEXT("\"\xe0\x80\xaf\""),
    TEXT("\"\xed\xa0\x80\""),
    TEXT("\"\xf0\x80\x80\x80\""),
    TEXT("\"\xf4\x90\x80\x80\""),
    TEXT("\"\xf5\x80\x80\x80\""),
    TEXT("\"\xe2\x82\""),
    TEXT("\"\xe2\x82"),
    TEXT("\"\x80\""),
    TEXT("\f1"),
    TEXT("\xc2\xa0"
         "1"),
    TEXT("{\"a\":1,\"a\":1}"),
    TEXT("{\"a\":1,\"\\u0061\":2}"),
    TEXT("{\"b\":{\"x\":1,\"y\":2,\"x\":3}}"),
    TEXT("<html>"),
};

static void what_is_not_strict_json_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(NOT_STRICT); i++)
        refused(NOT_STRICT[i]);
}

static void utf8_to_its_limits_is_accepted(void **state)
{
    (void)state;
    parsed(TEXT("\"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"
                "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""));
}

static void errors_tell_what_and_where(void **state)
{
    (void)state;
    struct json_error error = refused(TEXT("{\"a\": {\"b/~\": [1,\n  2, x]}}"));
    assert_string_equal(error.pointer, "/a/b~1~0/2");
    assert_int_equal(error.line, 2);
    assert_int_equal(error.column, 6);
    assert_string_equal(error.message, "a value is expected here");
    error = refused(TEXT("{\"a\":1, \"b\":2, \"a\":3}"));
    assert_string_equal(error.pointer, "/a");
    assert_string_equal(refused(TEXT("[] 1")).pointer, "");
    assert_string_equal(refused(TEXT("{\"\":[x]}")).pointer, "//0");
}

static void a_long_pointer_is_cut_between_its_steps(void **state)
{
    (void)state;
    char text[400];
    int size = snprintf(text, sizeof text, "{\"short\":{\"%0200d\":x}}", 0);
    assert_string_equal(refused((struct text){text, (size_t)size}).pointer, "/short");
    size = snprintf(text, sizeof text, "{\"%0126d\":x}", 0);
    assert_string_equal(refused((struct text){text, (size_t)size}).pointer, "");
    size = snprintf(text, sizeof text, "{\"%0125d\":x}", 0);
    assert_int_equal(strlen(refused((struct text){text, (size_t)size}).pointer), 126);
}

static void depth_and_size_have_bounds(void **state)
{
    (void)state;
    char text[2 * JSON_DEPTH_MAX + 2];
    memset(text, '[', JSON_DEPTH_MAX + 1);
    memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    parsed((struct text){text + 1, 2 * JSON_DEPTH_MAX});
    refused((struct text){text, sizeof text});

    const struct json_value *value;
    struct json_error error;
    assert_int_equal(json_parse(TEXT("[1]"), 3, arena, &value, &error), OK);
    assert_int_equal(json_parse(TEXT("[1]"), 2, arena, &value, &error), ERR_INPUT);
}

/* A million bytes of the smallest values, and of names to compare, stay within the arena's bound
 * and within a second. */
static void hostile_documents_cost_no_more_than_their_size(void **state)
{
    (void)state;
    char *text = malloc(SIZE_MAX_TEST);
    assert_non_null(text);
    memset(text, ',', SIZE_MAX_TEST);
    for (size_t i = 1; i < SIZE_MAX_TEST; i += 2)
        text[i] = '1';
    text[0] = '[';
    text[SIZE_MAX_TEST - 1] = ']';
    text[SIZE_MAX_TEST - 2] = '1';
    text[SIZE_MAX_TEST - 3] = '1';
    assert_true(parsed((struct text){text, SIZE_MAX_TEST})->count > SIZE_MAX_TEST / 2 - 2);

    arena_reset(arena);
    size_t size = 1;
    text[0] = '{';
    for (int i = 0; size + 20 < SIZE_MAX_TEST; i++)
        size += (size_t)snprintf(text + size, 20, "\"%x\":0,", i);
    text[size - 1] = '}';
    assert_true(parsed((struct text){text, size})->count > 90000);
    free(text);
}

static void whole_numbers_are_read_exactly(void **state)
{
    (void)state;
    int64_t number = 7;
    assert_int_equal(json_value_int(parsed(TEXT("-9223372036854775808")), &number), OK);
    assert_true(number == INT64_MIN);
    assert_int_equal(json_value_int(parsed(TEXT("9223372036854775807")), &number), OK);
    assert_true(number == INT64_MAX);
    assert_int_equal(json_value_int(parsed(TEXT("9223372036854775808")), &number), ERR_RANGE);
    assert_int_equal(json_value_int(parsed(TEXT("-9223372036854775809")), &number), ERR_RANGE);
    assert_int_equal(json_value_int(parsed(TEXT("1.0")), &number), ERR_INPUT);
    assert_int_equal(json_value_int(parsed(TEXT("1e2")), &number), ERR_INPUT);
    assert_int_equal(json_value_int(parsed(TEXT("\"1\"")), &number), ERR_INPUT);
    assert_int_equal(json_value_int(NULL, &number), ERR_INPUT);
    assert_true(number == INT64_MAX);
}

static void decimals_come_as_plain_digits(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"0", "0"},
        {"-0.0", "0"},
        {"0e5", "0"},
        {"1", "1"},
        {"-1.50", "-1.5"},
        {"100", "100"},
        {"0.1", "0.1"},
        {"1e-7", "0.0000001"},
        {"1E+3", "1000"},
        {"12.34e1", "123.4"},
        {"12.34e2", "1234"},
        {"12.34e-3", "0.01234"},
        {"1020.0300", "1020.03"},
        {"123456789012345", "123456789012345"},
        {"1234567.89012345", "1234567.89012345"},
        {"100000000000000000000", "100000000000000000000"},
        {"1e30", "1000000000000000000000000000000"},
        {"\"1.10\"", "1.10"},
        {"\"x\"", "x"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct text digits = TEXT("");
        assert_int_equal(json_value_decimal(parsed(text_of(cases[i][0])), arena, &digits), OK);
        if (!text_is(digits, cases[i][1]))
            fail_msg("%s gives %.*s", cases[i][0], (int)digits.size, digits.data);
    }
}

static void decimals_that_floating_point_has_touched_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "1234567890123456", "0.30000000000000004", "1000000000000001.0", "1e31", "1e-31",
        "1e999999999999"};
    struct text digits;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(json_value_decimal(parsed(text_of(cases[i])), arena, &digits), ERR_RANGE);
    assert_int_equal(json_value_decimal(parsed(TEXT("true")), arena, &digits), ERR_INPUT);
    assert_int_equal(json_value_decimal(NULL, arena, &digits), ERR_INPUT);
}

/* A generator of our own: the same documents on every machine for a seed. */
static uint32_t next_random(uint32_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 17;
    *random ^= *random << 5;
    return *random;
}

/* Whatever is done to good documents, parsing ends, stays inside its memory (under the address
 * sanitizer: the text is a block of its own size), and a tree that comes out can be walked. */
static size_t walk(const struct json_value *value)
{
    size_t size = value->text.size + value->name.size + 1;
    size_t count = 0;
    for (const struct json_value *child = value->first; child != NULL; child = child->next) {
        size += walk(child);
        count++;
    }
    assert_int_equal(count, value->count);
    return size;
}

static void mutated_documents_never_harm(void **state)
{
    (void)state;
    static const char document[] =
        "{\"email\":\"j\u00f6@example.org\",\"n\":[1,2.5e-3,-0,\"\\u00e9\\ud83d\\ude00\\n\"],"
        "\"o\":{\"x\":null,\"y\":[true,false,[[]],{}]}}";
    static const char bytes[] = "{}[]\",:\\u0eE+-.dD8tfn \x80\xc3\xe2\xf0\xff";
    uint32_t random = 20261122;
    print_message("seed %u\n", random);
    for (int round = 0; round < 100000; round++) {
        size_t size = sizeof document - 1;
        char *text = malloc(size);
        assert_non_null(text);
        memcpy(text, document, size);
        for (uint32_t i = next_random(&random) % 4 + 1; i > 0; i--)
            text[next_random(&random) % size] = bytes[next_random(&random) % sizeof bytes];
        if (next_random(&random) % 4 == 0)
            size = next_random(&random) % size;
        char *cut = realloc(text, size + (size == 0));
        const struct json_value *value = NULL;
        struct json_error error;
        arena_reset(arena);
        if (json_parse((struct text){cut, size}, size, arena, &value, &error) == OK)
            assert_true(walk(value) > 0);
        else
            assert_true(strlen(error.pointer) < JSON_PATH_MAX && error.line == 1);
        free(cut);
    }
}

/* Names of every length before names of none: what is cut is cut before the last byte. */
static void a_pointer_that_is_too_long_is_cut(void **state)
{
    enum { LONGEST = JSON_PATH_MAX - 2 };
    (void)state;
    for (size_t size = 0; size <= JSON_PATH_MAX + 1; size++) {
        char text[2 * JSON_PATH_MAX];
        struct guarded {
            struct json_error error;
            char behind;
        } told = {.behind = 'x'};
        const struct json_value *value = NULL;
        memset(text, 'd', sizeof text);
        memcpy(text, "{\"", 2);
        memcpy(text + 2 + size, "\":{\"\":{\"\":", 10);
        struct text document = {text, size + 12};
        arena_reset(arena);
        assert_int_equal(json_parse(document, document.size, arena, &value, &told.error),
                         ERR_INPUT);
        size_t whole = size + 3; /* "/", the name, and "/" twice */
        size_t expected = size + 1 > LONGEST ? 0 : whole < LONGEST ? whole : LONGEST;
        assert_int_equal(strlen(told.error.pointer), expected);
        assert_int_equal(told.behind, 'x');
    }
}

static void a_value_is_written_as_it_was_read(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "null",
        "[true,false,null]",
        "-1.50e+3",
        "\"a \\\"b\\\\ \\u000a\"",
        "{\"a\":[],\"b\":{},\"c\":[1,{\"d\":\"e\"}]}",
    };
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        const struct json_value *value = NULL;
        struct json_error error;
        assert_int_equal(json_parse(text_of(TEXTS[i]), 1000, arena, &value, &error), OK);
        assert_true(text_is(json_value_text(value, arena), TEXTS[i]));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(a_document_becomes_a_tree),
        TEST(any_value_may_stand_alone),
        TEST(escapes_mean_their_characters),
        TEST(what_is_not_strict_json_is_refused),
        TEST(utf8_to_its_limits_is_accepted),
        TEST(errors_tell_what_and_where),
        TEST(a_long_pointer_is_cut_between_its_steps),
        TEST(depth_and_size_have_bounds),
        TEST(hostile_documents_cost_no_more_than_their_size),
        TEST(whole_numbers_are_read_exactly),
        TEST(decimals_come_as_plain_digits),
        TEST(decimals_that_floating_point_has_touched_are_refused),
        TEST(mutated_documents_never_harm),
        TEST(a_pointer_that_is_too_long_is_cut),
        TEST(a_value_is_written_as_it_was_read),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
