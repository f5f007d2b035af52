#include "projection/memory_table.h"

#include "base/murmur2.h"
#include "base/table.h"
#include "decimal/decimal.h"
#include "projection/cell.h"

#include <stdlib.h>
#include <string.h>

struct memory_row {
    UT_hash_handle hh;
    char *key;
    size_t key_size;
    struct buffer bytes; /* of all values */
    struct text values[];
};

/* --- columns --- */

static int column_named(const struct memory_table *table, const char *name)
{
    int column = 0;
    while (column < table->columns_count && strcmp(table->columns[column].name, name) != 0)
        column++;
    return column;
}

void memory_table_add(struct memory_table *table, const struct projection_statement *statement)
{
    if (table->columns_count == 0)
        table->key_columns = statement->key_columns;
    CHECK(table->key_columns == statement->key_columns);
    for (int i = 0; i < projection_columns(statement); i++) {
        const struct projection_column *column = &statement->columns[i];
        int known = column_named(table, column->name);
        CHECK(known < PROJECTION_COLUMNS_MAX);
        CHECK(i >= statement->key_columns || known == i);
        if (known == table->columns_count)
            table->columns[table->columns_count++] = *column;
        CHECK(table->columns[known].type == column->type);
    }
}

/* --- rows --- */

static struct memory_row *find(const struct memory_table *table, struct text key)
{
    struct memory_row *row = NULL;
    HASH_FIND(hh, table->rows, key.data, key.size, row);
    return row;
}

static void row_free(struct memory_row *row)
{
    if (row == NULL)
        return;
    buffer_free(&row->bytes);
    free(row->key);
    free(row);
}

/* A row of nulls with a key. */
static struct memory_row *row_new(const struct memory_table *table, struct text key)
{
    size_t size = sizeof(struct memory_row) + (size_t)table->columns_count * sizeof(struct text);
    struct memory_row *row = calloc(1, size);
    CHECK(row != NULL);
    row->key = malloc(key.size);
    CHECK(row->key != NULL);
    memcpy(row->key, key.data, key.size);
    row->key_size = key.size;
    buffer_init(&row->bytes, ROWS_SIZE_MAX);
    return row;
}

/* Values point into a buffer that may still move, so at first they only say where. */
struct value {
    bool null;
    size_t start, end;
};

static struct value add_cell(struct buffer *bytes, enum column_type type, struct bytes cell)
{
    struct value value = {.null = cell.data == NULL, .start = bytes->size};
    if (!value.null)
        cell_print(type, cell, bytes);
    value.end = bytes->size;
    return value;
}

static struct value add_text(struct buffer *bytes, struct text text)
{
    struct value value = {.null = text.data == NULL, .start = bytes->size};
    buffer_text(bytes, text);
    value.end = bytes->size;
    return value;
}

/* A number as it was printed; times are printed so that they compare as texts. */
static int64_t number_of(enum column_type type, struct text text)
{
    char digits[32] = {0};
    int64_t e8 = 0;
    if (type == COLUMN_NUMERIC) {
        CHECK(decimal_parse(text, &e8) == OK);
        return e8;
    }
    CHECK(text.size < sizeof digits);
    memcpy(digits, text.data, text.size);
    return strtoll(digits, NULL, 10);
}

static int compare(enum column_type type, struct text a, struct text b)
{
    if (type == COLUMN_TIME)
        return text_compare(a, b);
    int64_t left = number_of(type, a), right = number_of(type, b);
    return (left > right) - (left < right);
}

static struct value add_sum(struct buffer *bytes, struct text a, struct text b)
{
    char digits[DECIMAL_TEXT_SIZE];
    int64_t sum;
    if (!decimal_add(number_of(COLUMN_NUMERIC, a), number_of(COLUMN_NUMERIC, b), &sum))
        sum = INT64_MAX;
    size_t size = decimal_print(sum, 0, digits);
    return add_text(bytes, (struct text){digits, size});
}

/* What the value of a column and a new one become. */
static struct value merged(const struct projection_column *column, struct value before,
                           struct value after, struct buffer *bytes)
{
    if (column->merge == MERGE_LAST)
        return after;
    if (before.null || after.null)
        return before.null ? after : before;
    struct text old = {(const char *)bytes->data + before.start, before.end - before.start};
    struct text new = {(const char *)bytes->data + after.start, after.end - after.start};
    switch (column->merge) {
    case MERGE_LAST: return after;
    case MERGE_FIRST: return before;
    case MERGE_GREATEST: return compare(column->type, old, new) > 0 ? before : after;
    case MERGE_LEAST: return compare(column->type, old, new) < 0 ? before : after;
    case MERGE_SUM: break;
    }
    return add_sum(bytes, old, new);
}

/* The row that `before`, which may be NULL, becomes. */
static struct memory_row *row_after(const struct memory_table *table,
                                    const struct memory_row *before, const struct rows *rows,
                                    size_t statement, size_t index)
{
    const struct projection_statement *declared = rows_statement(rows, statement);
    struct value values[PROJECTION_COLUMNS_MAX];
    struct memory_row *row = row_new(table, rows_key(rows, statement, index));
    for (int i = 0; i < table->columns_count; i++)
        values[i] = add_text(&row->bytes, before != NULL ? before->values[i] : (struct text){0});
    for (int i = 0; i < projection_columns(declared); i++) {
        const struct projection_column *column = &declared->columns[i];
        int place = column_named(table, column->name);
        struct value value =
            add_cell(&row->bytes, column->type, rows_cell(rows, statement, index, i));
        values[place] = merged(column, values[place], value, &row->bytes);
    }
    buffer_byte(&row->bytes, 0); /* so that an empty value, too, has an address */
    CHECK(buffer_ok(&row->bytes));
    for (int i = 0; i < table->columns_count; i++) {
        if (!values[i].null)
            row->values[i] = (struct text){(const char *)row->bytes.data + values[i].start,
                                           values[i].end - values[i].start};
    }
    return row;
}

static void put(struct memory_table *table, struct memory_row *before, struct memory_row *after)
{
    if (before != NULL)
        HASH_DEL(table->rows, before);
    if (after != NULL)
        HASH_ADD_KEYPTR(hh, table->rows, after->key, after->key_size, after);
}

static void change(struct memory_table *table, struct memory_row *before, struct memory_row *after,
                   struct memory_changes *changes)
{
    put(table, before, after);
    if (changes->count == changes->max) {
        changes->max = changes->max > 0 ? 2 * changes->max : 16;
        changes->list = realloc(changes->list, changes->max * sizeof *changes->list);
        CHECK(changes->list != NULL);
    }
    changes->list[changes->count++] =
        (struct memory_change){.table = table, .before = before, .after = after};
}

static bool is_in_share(const struct memory_table *table, struct text key)
{
    return table->shares == 0 || murmur2(key.data, key.size) % table->shares == table->share;
}

enum err memory_table_apply(struct memory_table *table, const struct rows *rows, size_t statement,
                            struct memory_changes *changes)
{
    enum projection_kind kind = rows_statement(rows, statement)->kind;
    for (size_t i = 0; i < rows_count(rows, statement); i++) {
        if (!is_in_share(table, rows_key(rows, statement, i)))
            continue;
        struct memory_row *before = find(table, rows_key(rows, statement, i));
        if (before != NULL && kind == PROJECTION_INSERT)
            return ERR_INPUT;
        if (before != NULL ? kind == PROJECTION_INSERT_NEW : kind == PROJECTION_UPDATE)
            continue;
        change(table, before, row_after(table, before, rows, statement, i), changes);
    }
    return OK;
}

/* --- undoing --- */

static void changes_free(struct memory_changes *changes)
{
    free(changes->list);
    *changes = (struct memory_changes){0};
}

void memory_changes_undo(struct memory_changes *changes)
{
    for (size_t i = changes->count; i-- > 0;) {
        struct memory_change *done = &changes->list[i];
        put(done->table, done->after, done->before);
        row_free(done->after);
    }
    changes_free(changes);
}

void memory_changes_keep(struct memory_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        row_free(changes->list[i].before);
    changes_free(changes);
}

void memory_table_clear(struct memory_table *table)
{
    struct memory_row *row = table->rows;
    HASH_CLEAR(hh, table->rows);
    while (row != NULL) {
        struct memory_row *next = row->hh.next;
        row_free(row);
        row = next;
    }
}

/* --- looking --- */

static int compare_keys(const void *a, const void *b)
{
    const struct memory_row *const *left = a, *const *right = b;
    return text_compare((struct text){(*left)->key, (*left)->key_size},
                        (struct text){(*right)->key, (*right)->key_size});
}

const struct memory_row **memory_table_sorted(const struct memory_table *table, size_t *ret_count)
{
    size_t count = HASH_COUNT(table->rows), i = 0;
    const struct memory_row **sorted = calloc(count + 1, sizeof(const struct memory_row *));
    CHECK(sorted != NULL);
    for (const struct memory_row *row = table->rows; row != NULL; row = row->hh.next)
        sorted[i++] = row;
    qsort(sorted, count, sizeof(const struct memory_row *), compare_keys);
    *ret_count = count;
    return sorted;
}

struct text memory_row_value(const struct memory_row *row, int column)
{
    return row->values[column];
}

const char *memory_column_sql(enum column_type type)
{
    switch (type) {
    case COLUMN_TIME: return "to_char(%s AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";
    case COLUMN_NUMERIC: return "trim_scale(%s)";
    case COLUMN_UUID:
    case COLUMN_TEXT:
    case COLUMN_INT:
    case COLUMN_BIGINT:
    case COLUMN_BOOL:
    case COLUMN_BYTES:
    case COLUMN_JSON:
    case COLUMN_TEXTS: break;
    }
    return "%s";
}
