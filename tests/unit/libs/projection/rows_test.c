/* libs/projection: rows as Postgres array literals, the last of equal keys winning. */
#include "projection/rows.h"

#include "projection/literal.h"
#include "projection/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { KEYED, PLAIN, NUMBERS, OTHERS };

static const struct projection_statement STATEMENTS[] = {
    [KEYED] = {.table = "keyed",
               .kind = PROJECTION_UPSERT,
               .key_columns = 2,
               .columns = {{"a", COLUMN_BIGINT}, {"b", COLUMN_BIGINT}, {"c", COLUMN_TEXT}}},
    [PLAIN] = {.table = "plain",
               .kind = PROJECTION_INSERT,
               .key_columns = 1,
               .columns = {{"id", COLUMN_INT}, {"a", COLUMN_TEXT}}},
    [NUMBERS] = {.table = "numbers",
                 .kind = PROJECTION_INSERT,
                 .key_columns = 1,
                 .columns = {{"a", COLUMN_BIGINT}, {"b", COLUMN_NUMERIC}, {"c", COLUMN_TIME}}},
    [OTHERS] = {.table = "others",
                .kind = PROJECTION_INSERT,
                .key_columns = 1,
                .columns = {{"id", COLUMN_UUID},
                            {"a", COLUMN_BOOL},
                            {"b", COLUMN_BYTES},
                            {"c", COLUMN_TEXT}}},
};
static const struct projection PROJECTION = {.statements = STATEMENTS,
                                             .statements_count = COUNT_OF(STATEMENTS)};

static const struct projection_statement SQL_STATEMENTS[] = {
    [PROJECTION_INSERT] = {.table = "t",
                           .kind = PROJECTION_INSERT,
                           .key_columns = 1,
                           .columns = {{"a", COLUMN_UUID}, {"b", COLUMN_TEXTS}}},
    [PROJECTION_INSERT_NEW] = {.table = "t",
                               .kind = PROJECTION_INSERT_NEW,
                               .key_columns = 2,
                               .columns = {{"a", COLUMN_INT}, {"b", COLUMN_JSON}}},
    [PROJECTION_UPSERT] = {.table = "t",
                           .kind = PROJECTION_UPSERT,
                           .key_columns = 1,
                           .columns = {{"a", COLUMN_TEXT},
                                       {"b", COLUMN_NUMERIC},
                                       {"c", COLUMN_BIGINT, .only_grows = true}}},
    [PROJECTION_UPDATE] = {.table = "t",
                           .kind = PROJECTION_UPDATE,
                           .key_columns = 2,
                           .columns = {{"a", COLUMN_BOOL},
                                       {"b", COLUMN_BYTES},
                                       {"c", COLUMN_TEXT},
                                       {"d", COLUMN_TIME, .only_grows = true}}},
};

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

static void assert_literal(const struct rows *rows, size_t statement, int column,
                           const char *expected)
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

static void rows_that_are_inserted_are_all_kept(void **state)
{
    for (int i = 0; i < 2; i++) {
        rows_begin(*state, PLAIN);
        rows_int(*state, 1);
        rows_text(*state, TEXT("same"));
    }
    assert_literal(*state, PLAIN, 0, "{1,1}");
    assert_literal(*state, PLAIN, 1, "{\"same\",\"same\"}");
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
    rows_int(rows, 1);
    rows_text(rows, text);
    assert_literal(rows, PLAIN, 1, expected);
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
    rows_begin(rows, NUMBERS);
    rows_int(rows, INT64_MIN);
    rows_e8(rows, -1250000000);
    rows_time(rows, 1);
    rows_begin(rows, NUMBERS);
    rows_int(rows, 0);
    rows_null(rows);
    rows_null(rows);
    rows_begin(rows, OTHERS);
    rows_uuid(rows, (struct uuid){{0xab}});
    rows_bool(rows, true);
    rows_bytes(rows, (struct bytes){BYTES, sizeof BYTES});
    rows_symbol(rows, &WIRE_SIDE, 0);

    assert_literal(rows, NUMBERS, 0, "{-9223372036854775808,0}");
    assert_literal(rows, NUMBERS, 1, "{-12.5,NULL}");
    assert_literal(rows, NUMBERS, 2, "{1970-01-01T00:00:00.000001Z,NULL}");
    assert_literal(rows, OTHERS, 0, "{ab000000-0000-0000-0000-000000000000}");
    assert_literal(rows, OTHERS, 1, "{t}");
    assert_literal(rows, OTHERS, 2, "{\"\\\\x00ff\"}");
    assert_literal(rows, OTHERS, 3, "{\"buy\"}");
}

static void a_sealed_text_is_null_without_a_vault(void **state)
{
    rows_begin(*state, PLAIN);
    rows_int(*state, 1);
    rows_sealed(*state, TEXT("s1:AAAA"), (struct uuid){{1}});
    assert_int_equal(rows_error(*state), OK);
    assert_literal(*state, PLAIN, 1, "{NULL}");
}

static void what_a_literal_stands_for_can_be_read_back(void **state)
{
    static const char *const TEXTS[] = {"", "NULL", "\"\\", "a,b{c}", "\u20ac"};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        struct buffer literal, value;
        buffer_init(&literal, 100);
        buffer_init(&value, 100);
        literal_text(&literal, text_of(TEXTS[i]));
        assert_true(literal_value(buffer_as_text(&literal), &value));
        assert_true(text_is(buffer_as_text(&value), TEXTS[i]));
        assert_false(literal_value(TEXT("NULL"), &value));
        buffer_free(&literal);
        buffer_free(&value);
    }
    (void)state;
}

static void assert_sql(int statement, const char *expected)
{
    struct buffer sql;
    buffer_init(&sql, 1000);
    statement_sql(&SQL_STATEMENTS[statement], &sql);
    buffer_byte(&sql, 0);
    assert_string_equal((const char *)sql.data, expected);
    buffer_free(&sql);
}

static void each_kind_of_statement_has_its_sql(void **state)
{
    (void)state;
    assert_sql(PROJECTION_INSERT, "INSERT INTO t (a, b) SELECT a, b::text[] FROM "
                                  "unnest($1::uuid[], $2::text[]) AS new (a, b)");
    assert_sql(PROJECTION_INSERT_NEW, "INSERT INTO t (a, b) SELECT a, b FROM "
                                      "unnest($1::int[], $2::json[]) AS new (a, b) "
                                      "ON CONFLICT (a, b) DO NOTHING");
    assert_sql(PROJECTION_UPSERT, "INSERT INTO t (a, b, c) SELECT a, b, c FROM "
                                  "unnest($1::text[], $2::numeric[], $3::bigint[]) "
                                  "AS new (a, b, c) ON CONFLICT (a) DO UPDATE SET b = excluded.b, "
                                  "c = greatest(t.c, excluded.c)");
    assert_sql(PROJECTION_UPDATE, "UPDATE t SET c = new.c, d = greatest(t.d, new.d) FROM "
                                  "unnest($1::bool[], $2::bytea[], $3::text[], "
                                  "$4::timestamptz[]) AS new (a, b, c, d) "
                                  "WHERE t.a = new.a AND t.b = new.b");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_rows, free_rows)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_last_row_of_equal_keys_wins),
        TEST(rows_that_are_inserted_are_all_kept),
        TEST(thousands_of_keys_are_told_apart),
        TEST(texts_are_escaped),
        TEST(what_postgres_cannot_store_is_replaced),
        TEST(numbers_times_ids_and_bytes_have_their_text),
        TEST(a_sealed_text_is_null_without_a_vault),
        TEST(what_a_literal_stands_for_can_be_read_back),
        TEST(each_kind_of_statement_has_its_sql),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
