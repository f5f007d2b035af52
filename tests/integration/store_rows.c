#include "store_rows.h"

#include "projection/journal.h"
#include "projection/memory_table.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LINES_SIZE_MAX = 1 << 28, SQL_SIZE_MAX = 1 << 14, TABLES_MAX = 64 };

/* Rows as lines, to be sorted. */
struct lines {
    struct buffer bytes;
    size_t *starts;
    size_t count, max;
    const char *table; /* of those wanted */
};

static void lines_init(struct lines *lines, const char *table)
{
    *lines = (struct lines){.table = table};
    buffer_init(&lines->bytes, LINES_SIZE_MAX);
}

static void lines_free(struct lines *lines)
{
    buffer_free(&lines->bytes);
    free(lines->starts);
}

static void begin_line(struct lines *lines)
{
    if (lines->count == lines->max) {
        lines->max = lines->max > 0 ? 2 * lines->max : 64;
        lines->starts = realloc(lines->starts, lines->max * sizeof *lines->starts);
        assert_non_null(lines->starts);
    }
    lines->starts[lines->count++] = lines->bytes.size;
}

static void add_value(struct lines *lines, const char *name, bool null, struct text value)
{
    buffer_printf(&lines->bytes, "%s=", name);
    if (null)
        buffer_string(&lines->bytes, "null");
    else
        buffer_json_string(&lines->bytes, value);
    buffer_byte(&lines->bytes, ' ');
}

static void end_line(struct lines *lines)
{
    buffer_byte(&lines->bytes, 0);
    assert_true(buffer_ok(&lines->bytes));
}

static int compare_lines(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;
    return strcmp(*left, *right);
}

/* For the caller to free(). */
static const char **sort(const struct lines *lines)
{
    const char **sorted = calloc(lines->count + 1, sizeof *sorted);
    assert_non_null(sorted);
    for (size_t i = 0; i < lines->count; i++)
        sorted[i] = (const char *)lines->bytes.data + lines->starts[i];
    qsort(sorted, lines->count, sizeof *sorted, compare_lines);
    return sorted;
}

/* --- both sides --- */

static void add_row(void *context, const struct store_memory_row *row)
{
    struct lines *lines = context;
    if (strcmp(row->table, lines->table) != 0)
        return;
    begin_line(lines);
    for (int i = 0; i < row->columns_count; i++)
        add_value(lines, row->columns[i].name, row->values[i].data == NULL, row->values[i]);
    end_line(lines);
}

static void select_columns(const struct memory_table *table, const char *schema, struct buffer *sql)
{
    buffer_string(sql, "SELECT ");
    for (int i = 0; i < table->columns_count; i++) {
        const char *form = memory_column_sql(table->columns[i].type), *place = strstr(form, "%s");
        buffer_printf(sql, "%s%.*s%s%s", i > 0 ? ", " : "", (int)(place - form), form,
                      table->columns[i].name, place + 2);
    }
    buffer_printf(sql, " FROM \"%s\".%s", schema, table->name);
    buffer_byte(sql, 0);
}

static void add_postgres(struct db *db, const char *schema, const struct memory_table *table,
                         struct lines *lines)
{
    AUTO_DB_RESULT rows = {NULL};
    struct buffer sql;
    buffer_init(&sql, SQL_SIZE_MAX);
    select_columns(table, schema, &sql);
    if (db_query(db, (const char *)sql.data, DB_NO_PARAMS, &rows) != OK)
        fail_msg("%s: %s", (const char *)sql.data, db_error_text(db));
    buffer_free(&sql);
    for (size_t row = 0; row < db_rows(&rows); row++) {
        begin_line(lines);
        for (size_t i = 0; i < (size_t)table->columns_count; i++)
            add_value(lines, table->columns[i].name, db_is_null(&rows, row, i),
                      db_get_text(&rows, row, i));
        end_line(lines);
    }
}

static size_t compare_table(const struct store_memory *memory, enum service_id service,
                            const struct memory_table *table, struct db *db, const char *schema)
{
    struct lines ours, theirs;
    lines_init(&ours, table->name);
    lines_init(&theirs, table->name);
    store_memory_visit(memory, service, add_row, &ours);
    add_postgres(db, schema, table, &theirs);
    const char **left = sort(&ours), **right = sort(&theirs);
    for (size_t i = 0; i < ours.count && i < theirs.count; i++) {
        if (strcmp(left[i], right[i]) != 0)
            fail_msg("%s.%s differs:\nmemory:   %s\nPostgres: %s", schema, table->name, left[i],
                     right[i]);
    }
    if (ours.count != theirs.count)
        fail_msg("%s.%s has %zu rows in memory, %zu in Postgres", schema, table->name, ours.count,
                 theirs.count);
    size_t count = ours.count;
    free(left);
    free(right);
    lines_free(&ours);
    lines_free(&theirs);
    return count;
}

static void know_columns(struct memory_table *tables, size_t *count,
                         const struct projection_statement *statement)
{
    size_t i = 0;
    while (i < *count && strcmp(tables[i].name, statement->table) != 0)
        i++;
    assert_true(i < TABLES_MAX);
    if (i == *count)
        tables[(*count)++] = (struct memory_table){.name = statement->table};
    memory_table_add(&tables[i], statement);
}

/* --- positions --- */

static void add_number(struct lines *lines, const char *name, int64_t number)
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%" PRId64, number);
    add_value(lines, name, false, (struct text){digits, (size_t)size});
}

static void add_hash(struct lines *lines, const char *name, const uint8_t *bytes, size_t size)
{
    char digits[2 * sizeof(struct hash) + 1];
    for (size_t i = 0; i < size; i++)
        snprintf(digits + 2 * i, 3, "%02x", bytes[i]);
    add_value(lines, name, false, (struct text){digits, 2 * size});
}

static void add_position(const struct store_memory *memory, enum service_id service,
                         int32_t partition, struct lines *lines)
{
    struct store_position position;
    assert_true(store_memory_position(memory, service, partition, &position));
    begin_line(lines);
    add_number(lines, "partition", partition);
    add_number(lines, "generation", position.generation);
    add_number(lines, "next_offset", position.next_offset);
    add_number(lines, "events_count", store_memory_events(memory, service, partition));
    add_value(lines, "schema_hash", false, text_of(position.schema_hash));
    if (position.next_offset > 0) {
        add_number(lines, "epoch", position.fold.epoch);
        add_number(lines, "wseq", position.fold.wseq);
        add_hash(lines, "head", position.fold.head.bytes, sizeof position.fold.head.bytes);
        add_hash(lines, "nonce", position.fold.nonce.bytes, sizeof position.fold.nonce.bytes);
        add_hash(lines, "record_hash", position.record_hash.bytes,
                 sizeof position.record_hash.bytes);
        add_value(lines, "poisoned", false, position.fold.poisoned ? TEXT("t") : TEXT("f"));
    }
    end_line(lines);
}

static const char POSITIONS[] =
    "SELECT partition, generation, next_offset, events_count, schema_hash, epoch, wseq, "
    "encode(head, 'hex') AS head, encode(nonce, 'hex') AS nonce, "
    "encode(record_hash, 'hex') AS record_hash, poisoned "
    "FROM bourse.positions WHERE service = $1 ORDER BY partition";

static void compare_position(const struct store_memory *memory, enum service_id service,
                             const struct db_result *positions, size_t row)
{
    static const char *const NAMES[] = {"partition",   "generation",  "next_offset", "events_count",
                                        "schema_hash", "epoch",       "wseq",        "head",
                                        "nonce",       "record_hash", "poisoned"};
    struct lines ours, theirs;
    lines_init(&ours, NULL);
    lines_init(&theirs, NULL);
    add_position(memory, service, (int32_t)row, &ours);
    begin_line(&theirs);
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (!db_is_null(positions, row, i))
            add_value(&theirs, NAMES[i], false, db_get_text(positions, row, i));
    }
    end_line(&theirs);
    assert_string_equal((const char *)ours.bytes.data, (const char *)theirs.bytes.data);
    lines_free(&ours);
    lines_free(&theirs);
}

static const char SOURCES[] =
    "SELECT partition, split_part(key, '/', 1), split_part(key, '/', 2)::int, value::bigint "
    "FROM bourse.positions, jsonb_each_text(sources) WHERE service = $1";

static void compare_positions(const struct store_memory *memory, enum service_id service,
                              struct db *db)
{
    AUTO_DB_RESULT positions = {NULL};
    AUTO_DB_RESULT sources = {NULL};
    const char *name = service_name(service);
    assert_int_equal(db_query(db, POSITIONS, DB_PARAMS(db_string(name)), &positions), OK);
    assert_int_equal(db_query(db, SOURCES, DB_PARAMS(db_string(name)), &sources), OK);
    for (size_t i = 0; i < db_rows(&positions); i++)
        compare_position(memory, service, &positions, i);
    for (size_t i = 0; i < db_rows(&sources); i++) {
        char topic[64];
        snprintf(topic, sizeof topic, "%s", db_get_text(&sources, i, 1).data);
        assert_int_equal(store_memory_source(memory, service, (int32_t)db_get_int(&sources, i, 0),
                                             topic, (int32_t)db_get_int(&sources, i, 2)),
                         db_get_int(&sources, i, 3));
    }
}

size_t store_rows_compare(const struct store_memory *memory, enum service_id service,
                          const struct projection *projection, struct db *db)
{
    struct memory_table tables[TABLES_MAX];
    size_t count = 0, rows_count = 0;
    for (size_t i = 0; i < projection->statements_count; i++)
        know_columns(tables, &count, &projection->statements[i]);
    know_columns(tables, &count, &JOURNAL_STATEMENT);
    for (size_t i = 0; i < count; i++)
        rows_count += compare_table(memory, service, &tables[i], db, projection->schema);
    compare_positions(memory, service, db);
    return rows_count;
}
