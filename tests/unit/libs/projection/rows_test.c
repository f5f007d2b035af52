/* libs/projection: rows as Postgres array literals, the last of equal keys winning. */
#include "projection/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { KEYED, PLAIN };

static const struct projection_statement STATEMENTS[] = {
    [KEYED] = {.sql = "", .columns = 3, .key_columns = 2},
    [PLAIN] = {.sql = "", .columns = 1, .key_columns = 0},
};
static const struct projection PROJECTION = {.statements = STATEMENTS,
                                             .statements_count = COUNT_OF(STATEMENTS)};

static int make_rows(void **state)
{
    *state = rows_new(&PROJECTION, NULL, NULL);
    return 0;
}

static int free_rows(void **state)
{
    rows_free(*state);
    return 0;
}

static void assert_literal(const struct rows *rows, int statement, int column, const char *expected)
{
    struct buffer literal;
    buffer_init(&literal, 1 << 20);
    rows_literal(rows, statement, column, &literal);
    buffer_byte(&literal, 0);
    assert_string_equal((const char *)literal.data, expected);
    buffer_free(&literal);
}

static void add_keyed(struct rows *rows, int64_t first, int64_t second, const char *value)
{
    rows_begin(rows, KEYED);
    rows_int(rows, first);
    rows_int(rows, second);
    rows_text(rows, text_of(value));
}

static void the_last_row_of_equal_keys_wins(void **state)
{
    struct rows *rows = *state;
    add_keyed(rows, 1, 23, "old");
    add_keyed(rows, 12, 3, "other key");
    add_keyed(rows, 1, 23, "new");

    assert_int_equal(rows_count(rows, KEYED), 2);
    assert_literal(rows, KEYED, 0, "{1,12}");
    assert_literal(rows, KEYED, 1, "{23,3}");
    assert_literal(rows, KEYED, 2, "{\"new\",\"other key\"}");
}

static void rows_without_a_key_are_all_kept(void **state)
{
    for (int i = 0; i < 2; i++) {
        rows_begin(*state, PLAIN);
        rows_text(*state, TEXT("same"));
    }
    assert_literal(*state, PLAIN, 0, "{\"same\",\"same\"}");
}

static void thousands_of_keys_are_told_apart(void **state)
{
    char value[24];
    for (int round = 0; round < 2; round++) {
        for (int64_t i = 0; i < 5000; i++) {
            snprintf(value, sizeof value, "%d", round);
            add_keyed(*state, i % 100, i / 100, value);
        }
    }
    assert_int_equal(rows_count(*state, KEYED), 5000);
    rows_reset(*state);
    assert_int_equal(rows_count(*state, KEYED), 0);
    add_keyed(*state, 7, 7, "again");
    assert_literal(*state, KEYED, 2, "{\"again\"}");
}

static void assert_text_becomes(struct rows *rows, struct text text, const char *expected)
{
    rows_reset(rows);
    rows_begin(rows, PLAIN);
    rows_text(rows, text);
    assert_literal(rows, PLAIN, 0, expected);
}

static void texts_are_escaped(void **state)
{
    assert_text_becomes(*state, TEXT(""), "{\"\"}");
    assert_text_becomes(*state, TEXT("NULL"), "{\"NULL\"}");
    assert_text_becomes(*state, TEXT("a,b{c}"), "{\"a,b{c}\"}");
    assert_text_becomes(*state, TEXT("\"\\"), "{\"\\\"\\\\\"}");
    assert_text_becomes(*state, TEXT("\u00e4\u20ac\U0001f600"), "{\"\u00e4\u20ac\U0001f600\"}");
}

static void what_postgres_cannot_store_is_replaced(void **state)
{
    assert_text_becomes(*state, TEXT("a\0b"), "{\"a\ufffdb\"}");
    assert_text_becomes(*state, TEXT("\xc3"), "{\"\ufffd\"}");
    assert_text_becomes(*state, TEXT("\xc0\x80!"), "{\"\ufffd\ufffd!\"}");
    assert_text_becomes(*state, TEXT("\xed\xa0\x80"), "{\"\ufffd\ufffd\ufffd\"}");
    assert_text_becomes(*state, TEXT("\xf0\x9f\x98"), "{\"\ufffd\ufffd\ufffd\"}");
    assert_text_becomes(*state, TEXT("\xf4\x90\x80\x80"), "{\"\ufffd\ufffd\ufffd\ufffd\"}");
}

static void numbers_times_ids_and_bytes_have_their_text(void **state)
{
    static const uint8_t BYTES[] = {0, 0xff};
    struct rows *rows = *state;
    rows_begin(rows, KEYED);
    rows_int(rows, INT64_MIN);
    rows_e8(rows, -1250000000);
    rows_time(rows, 1);
    rows_begin(rows, KEYED);
    rows_bool(rows, true);
    rows_null(rows);
    rows_bytes(rows, (struct bytes){BYTES, sizeof BYTES});
    rows_begin(rows, KEYED);
    rows_int(rows, 0);
    rows_uuid(rows, (struct uuid){{0xab}});
    rows_symbol(rows, &WIRE_SIDE, 0);

    assert_literal(rows, KEYED, 0, "{-9223372036854775808,t,0}");
    assert_literal(rows, KEYED, 1, "{-12.5,NULL,ab000000-0000-0000-0000-000000000000}");
    assert_literal(rows, KEYED, 2, "{1970-01-01T00:00:00.000001Z,\"\\\\x00ff\",\"buy\"}");
}

static void a_sealed_text_is_null_without_a_vault(void **state)
{
    rows_begin(*state, PLAIN);
    rows_sealed(*state, TEXT("s1:AAAA"), (struct uuid){{1}});
    assert_int_equal(rows_error(*state), OK);
    assert_literal(*state, PLAIN, 0, "{NULL}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_rows, free_rows)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_last_row_of_equal_keys_wins),
        TEST(rows_without_a_key_are_all_kept),
        TEST(thousands_of_keys_are_told_apart),
        TEST(texts_are_escaped),
        TEST(what_postgres_cannot_store_is_replaced),
        TEST(numbers_times_ids_and_bytes_have_their_text),
        TEST(a_sealed_text_is_null_without_a_vault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
