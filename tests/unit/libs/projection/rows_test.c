/* libs/projection: rows in Postgres' binary form, the last of equal keys winning. */
#include "projection/rows.h"

#include "decimal/decimal.h"
#include "projection/cell.h"
#include "projection/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { KEYED, PLAIN, NUMBERS, OTHERS, MERGED, WHOLE, PART };

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
    [MERGED] = {.table = "merged",
                .kind = PROJECTION_UPSERT,
                .key_columns = 1,
                .columns = {{"id", COLUMN_INT},
                            {"first", COLUMN_NUMERIC, .merge = MERGE_FIRST},
                            {"most", COLUMN_NUMERIC, .merge = MERGE_GREATEST},
                            {"least", COLUMN_BIGINT, .merge = MERGE_LEAST},
                            {"last", COLUMN_TEXT},
                            {"sum", COLUMN_NUMERIC, .merge = MERGE_SUM}}},
    [WHOLE] = {.table = "things",
               .kind = PROJECTION_UPSERT,
               .key_columns = 1,
               .whole = true,
               .columns = {{"id", COLUMN_BIGINT}, {"a", COLUMN_BIGINT}}},
    [PART] = {.table = "things",
              .kind = PROJECTION_UPDATE,
              .key_columns = 1,
              .columns = {{"id", COLUMN_BIGINT}, {"a", COLUMN_BIGINT}}},
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
                                       {"c", COLUMN_BIGINT, .merge = MERGE_GREATEST}}},
    [PROJECTION_UPDATE] = {.table = "t",
                           .kind = PROJECTION_UPDATE,
                           .key_columns = 2,
                           .columns = {{"a", COLUMN_BOOL},
                                       {"b", COLUMN_BYTES},
                                       {"c", COLUMN_TEXT},
                                       {"d", COLUMN_TIME, .merge = MERGE_GREATEST}}},
};

static int make_rows(void **state)
{
    *state = rows_new(&PROJECTION, NULL, NULL, NULL);
    return 0;
}

static int free_rows(void **state)
{
    rows_free(*state);
    return 0;
}

/* The cells of a column as text, with commas between them; "-" is null. */
static void assert_cells(const struct rows *rows, int statement, int column, const char *expected)
{
    enum column_type type = STATEMENTS[statement].columns[column].type;
    struct buffer text;
    buffer_init(&text, 1 << 20);
    for (size_t row = 0; row < rows_count(rows, (size_t)statement); row++) {
        struct bytes cell = rows_cell(rows, (size_t)statement, row, column);
        buffer_string(&text, row > 0 ? "," : "");
        if (cell.data == NULL)
            buffer_byte(&text, '-');
        else
            cell_print(type, cell, &text);
    }
    buffer_byte(&text, 0);
    assert_string_equal((const char *)text.data, expected);
    buffer_free(&text);
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
    assert_cells(rows, KEYED, 0, "1,12");
    assert_cells(rows, KEYED, 1, "23,3");
    assert_cells(rows, KEYED, 2, "new,other key");
}

static void add_merged(struct rows *rows, int64_t id, int64_t value, const char *last)
{
    rows_begin(rows, MERGED);
    rows_int(rows, id);
    rows_e8(rows, value);
    rows_e8(rows, value);
    rows_int(rows, value);
    rows_text(rows, text_of(last));
    rows_e8(rows, value);
}

static void add_nothing_merged(struct rows *rows, int64_t id)
{
    rows_begin(rows, MERGED);
    rows_int(rows, id);
    for (int i = 0; i < 5; i++)
        rows_null(rows);
}

static void rows_of_equal_keys_become_what_their_columns_say(void **state)
{
    struct rows *rows = *state;
    add_nothing_merged(rows, 1);
    add_merged(rows, 1, 5 * E8, "a");
    add_merged(rows, 2, INT64_MAX, "too");
    add_merged(rows, 1, 2 * E8, "b");
    add_merged(rows, 1, 7 * E8, "c");
    add_nothing_merged(rows, 1);
    add_merged(rows, 2, 1, "much");

    assert_int_equal(rows_count(rows, MERGED), 2);
    assert_cells(rows, MERGED, 0, "1,2");
    assert_cells(rows, MERGED, 1, "5,92233720368.54775807");
    assert_cells(rows, MERGED, 2, "7,92233720368.54775807");
    assert_cells(rows, MERGED, 3, "200000000,1");
    assert_cells(rows, MERGED, 4, "-,much");
    assert_cells(rows, MERGED, 5, "14,92233720368.54775807");
}

static void rows_that_are_inserted_are_all_kept(void **state)
{
    for (int i = 0; i < 2; i++) {
        rows_begin(*state, PLAIN);
        rows_int(*state, 1);
        rows_text(*state, TEXT("same"));
    }
    assert_cells(*state, PLAIN, 0, "1,1");
    assert_cells(*state, PLAIN, 1, "same,same");
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
    assert_cells(*state, KEYED, 2, "again");
}

static void assert_text_becomes(struct rows *rows, struct text text, const char *expected)
{
    rows_reset(rows);
    rows_begin(rows, PLAIN);
    rows_int(rows, 1);
    rows_text(rows, text);
    assert_cells(rows, PLAIN, 1, expected);
}

static void texts_stay_what_they_are(void **state)
{
    assert_text_becomes(*state, TEXT(""), "");
    assert_text_becomes(*state, TEXT("NULL"), "NULL");
    assert_text_becomes(*state, TEXT("a,b{c}"), "a,b{c}");
    assert_text_becomes(*state, TEXT("\"\\"), "\"\\");
    assert_text_becomes(*state, TEXT("\u00e4\u20ac\U0001f600"), "\u00e4\u20ac\U0001f600");
}

static void what_postgres_cannot_store_is_replaced(void **state)
{
    assert_text_becomes(*state, TEXT("a\0b"), "a\ufffdb");
    assert_text_becomes(*state, TEXT("\xc3"), "\ufffd");
    assert_text_becomes(*state, TEXT("\xc0\x80!"), "\ufffd\ufffd!");
    assert_text_becomes(*state, TEXT("\xed\xa0\x80"), "\ufffd\ufffd\ufffd");
    assert_text_becomes(*state, TEXT("\xf0\x9f\x98"), "\ufffd\ufffd\ufffd");
    assert_text_becomes(*state, TEXT("\xf4\x90\x80\x80"), "\ufffd\ufffd\ufffd\ufffd");
}

static void numbers_times_ids_and_bytes_can_be_read_back(void **state)
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

    assert_cells(rows, NUMBERS, 0, "-9223372036854775808,0");
    assert_cells(rows, NUMBERS, 1, "-12.5,-");
    assert_cells(rows, NUMBERS, 2, "1970-01-01T00:00:00.000001Z,-");
    assert_cells(rows, OTHERS, 0, "ab000000-0000-0000-0000-000000000000");
    assert_cells(rows, OTHERS, 1, "t");
    assert_cells(rows, OTHERS, 2, "\\x00ff");
    assert_cells(rows, OTHERS, 3, "buy");
}

static void a_sealed_text_is_null_without_a_vault(void **state)
{
    rows_begin(*state, PLAIN);
    rows_int(*state, 1);
    rows_sealed(*state, TEXT("s1:AAAA"), (struct uuid){{1}});
    assert_int_equal(rows_error(*state), OK);
    assert_cells(*state, PLAIN, 1, "-");
}

static void every_decimal_can_be_read_back(void **state)
{
    static const int64_t NUMBERS_E8[] = {
        0, 1, -1, 10000, 99999999, 100000000, 123456789, 1000000000000, INT64_MAX, INT64_MIN};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(NUMBERS_E8); i++) {
        struct buffer cell, text;
        char expected[DECIMAL_TEXT_SIZE];
        buffer_init(&cell, 100);
        buffer_init(&text, 100);
        cell_e8(&cell, NUMBERS_E8[i]);
        struct bytes value = {cell.data + CELL_LENGTH_SIZE, cell.size - CELL_LENGTH_SIZE};
        cell_print(COLUMN_NUMERIC, value, &text);
        assert_int_equal(text.size, decimal_print(NUMBERS_E8[i], 0, expected));
        assert_memory_equal(text.data, expected, text.size);
        buffer_free(&cell);
        buffer_free(&text);
    }
}

static void assert_bytes(struct buffer *buffer, const uint8_t *expected, size_t size)
{
    assert_int_equal(buffer->size, size);
    assert_memory_equal(buffer->data, expected, size);
    buffer_free(buffer);
}

/* The bytes are those of `COPY (SELECT 7, 'x') TO STDOUT (FORMAT binary)`. */
static void rows_are_copied_as_postgres_writes_them(void **state)
{
    static const uint8_t EXPECTED[] = {
        'P', 'G', 'C', 'O', 'P', 'Y', '\n', 0xff, '\r', '\n', 0, 0, 0, 0, 0, 0,   0,    0,
        0,   0,   2,   0,   0,   0,   4,    0,    0,    0,    7, 0, 0, 0, 1, 'x', 0xff, 0xff};
    rows_begin(*state, PLAIN);
    rows_int(*state, 7);
    rows_text(*state, TEXT("x"));
    struct buffer copied;
    buffer_init(&copied, 1000);
    rows_copy(*state, PLAIN, &copied);
    assert_bytes(&copied, EXPECTED, sizeof EXPECTED);
}

static void a_column_is_an_array_as_postgres_writes_it(void **state)
{
    static const uint8_t EXPECTED[] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25, 0,
                                       0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 'x'};
    rows_begin(*state, PLAIN);
    rows_int(*state, 7);
    rows_text(*state, TEXT("x"));
    struct buffer array;
    buffer_init(&array, 1000);
    rows_array(*state, PLAIN, 1, &array);
    assert_bytes(&array, EXPECTED, sizeof EXPECTED);
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
    struct buffer sql;
    (void)state;
    buffer_init(&sql, 1000);
    statement_sql(&STATEMENTS[PLAIN], &sql);
    assert_true(text_is(buffer_as_text(&sql), "COPY plain (id, a) FROM STDIN (FORMAT binary)"));
    buffer_reset(&sql);
    assert_true(statement_copies_new(&SQL_STATEMENTS[PROJECTION_INSERT_NEW]));
    statement_copy_sql(&SQL_STATEMENTS[PROJECTION_INSERT_NEW], &sql);
    assert_true(text_is(buffer_as_text(&sql), "COPY t (a, b) FROM STDIN (FORMAT binary)"));
    buffer_free(&sql);
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

static void add_thing(struct rows *rows, int statement, int64_t id, int64_t a)
{
    rows_begin(rows, statement);
    rows_int(rows, id);
    rows_int(rows, a);
}

/* A row that says everything drops the updates before it, and none behind it, nor those of others:
 * told from a naive list, for so many rows that slots meet. */
static void a_whole_row_drops_the_updates_before_it(void **state)
{
    enum { IDS = 97, ROWS = 5000 };
    struct rows *rows = *state;
    int64_t whole[IDS] = {0}, part[IDS] = {0};
    uint64_t random = 7;
    for (int64_t a = 1; a <= ROWS; a++) {
        random = random * UINT64_C(6364136223846793005) + 1;
        size_t id = (size_t)(random >> 33) % IDS;
        bool says_all = (random >> 60) % 3 == 0;
        add_thing(rows, says_all ? WHOLE : PART, (int64_t)id, a);
        (says_all ? whole : part)[id] = a;
        if (says_all)
            part[id] = 0;
    }
    size_t left = 0;
    for (size_t i = 0; i < IDS; i++)
        left += part[i] != 0;
    assert_true(left > 0 && left < IDS);
    assert_int_equal(rows_count(rows, PART), left);
    for (size_t row = 0; row < left; row++) {
        struct bytes key = rows_cell(rows, PART, row, 0), value = rows_cell(rows, PART, row, 1);
        assert_int_equal(value.data[6] << 8 | value.data[7], part[key.data[7]]);
        part[key.data[7]] = 0; /* each once */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_last_row_of_equal_keys_wins),
        TEST(rows_of_equal_keys_become_what_their_columns_say),
        TEST(rows_that_are_inserted_are_all_kept),
        TEST(thousands_of_keys_are_told_apart),
        TEST(a_whole_row_drops_the_updates_before_it),
        TEST(texts_stay_what_they_are),
        TEST(what_postgres_cannot_store_is_replaced),
        TEST(numbers_times_ids_and_bytes_can_be_read_back),
        TEST(a_sealed_text_is_null_without_a_vault),
        TEST(every_decimal_can_be_read_back),
        TEST(rows_are_copied_as_postgres_writes_them),
        TEST(a_column_is_an_array_as_postgres_writes_it),
        TEST(each_kind_of_statement_has_its_sql),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
