#include "projection/rows.h"

#include "base/murmur2.h"
#include "projection/cell.h"
#include "projection/statement.h"

#include <stdlib.h>
#include <string.h>

enum {
    CELLS_SIZE_MAX = ROWS_SIZE_MAX,
    OPENED_SIZE_MAX = 1 << 20, /* of one sealed text */
    PLACE_SIZE_MAX = 1000,
    SLOTS_MIN = 64,
};

/* The rows of one statement. Cell c of row r is cells[starts[r * (columns + 1) + c]] up to the
 * next start, its length first. */
struct table {
    const struct projection_statement *statement;
    int columns;
    bool sets;   /* rows of equal keys become one */
    bool merges; /* and not simply the last of them */
    uint32_t *starts;
    size_t rows_count;
    size_t rows_capacity;
    uint32_t *slots; /* open addressing by key: row number + 1; 0: empty */
    size_t slots_count;
};

struct rows {
    struct table *tables;
    size_t tables_count;
    struct buffer cells;
    struct table *current; /* of the row begun, which has `column` cells so far; NULL: none */
    int column;
    int32_t partition;
    int64_t offset;
    struct vault *vault;
    bool veiled;
    const struct geo *geo;
    enum err err;
    struct buffer opened;
    struct buffer merged; /* cells of one row */
};

static void table_init(struct table *table, const struct projection_statement *statement)
{
    statement_check(statement);
    table->statement = statement;
    table->columns = projection_columns(statement);
    table->sets = statement->kind == PROJECTION_UPSERT || statement->kind == PROJECTION_UPDATE;
    for (int i = 0; i < table->columns; i++)
        table->merges = table->merges || statement->columns[i].merge != MERGE_LAST;
}

/* Whether `behind` would run behind `table`, on rows of the same table. */
static bool updates_behind(const struct table *table, const struct table *behind)
{
    return behind > table && behind->statement->kind == PROJECTION_UPDATE &&
           strcmp(behind->statement->table, table->statement->table) == 0;
}

static void check_whole(const struct rows *rows)
{
    for (size_t i = 0; i < rows->tables_count; i++) {
        for (size_t j = i + 1; rows->tables[i].statement->whole && j < rows->tables_count; j++) {
            if (updates_behind(&rows->tables[i], &rows->tables[j]))
                statement_check_whole(rows->tables[i].statement, rows->tables[j].statement);
        }
    }
}

struct rows *rows_new(const struct projection *projection,
                      const struct projection_statement *journal, struct vault *vault,
                      const struct geo *geo)
{
    struct rows *rows = calloc(1, sizeof *rows);
    CHECK(rows != NULL);
    rows->tables_count = projection->statements_count + (journal != NULL);
    rows->tables = calloc(rows->tables_count + 1, sizeof *rows->tables);
    CHECK(rows->tables != NULL);
    for (size_t i = 0; i < rows->tables_count; i++)
        table_init(&rows->tables[i],
                   i < projection->statements_count ? &projection->statements[i] : journal);
    check_whole(rows);
    rows->vault = vault;
    rows->geo = geo;
    buffer_init(&rows->cells, CELLS_SIZE_MAX);
    buffer_init(&rows->opened, OPENED_SIZE_MAX);
    buffer_init(&rows->merged, CELLS_SIZE_MAX);
    return rows;
}

void rows_veil(struct rows *rows)
{
    rows->veiled = true;
}

void rows_free(struct rows *rows)
{
    if (rows == NULL)
        return;
    for (size_t i = 0; i < rows->tables_count; i++) {
        free(rows->tables[i].starts);
        free(rows->tables[i].slots);
    }
    free(rows->tables);
    buffer_free(&rows->cells);
    buffer_free(&rows->opened);
    buffer_free(&rows->merged);
    free(rows);
}

void rows_reset(struct rows *rows)
{
    for (size_t i = 0; i < rows->tables_count; i++) {
        struct table *table = &rows->tables[i];
        if (table->rows_count > 0 && table->slots != NULL)
            memset(table->slots, 0, table->slots_count * sizeof *table->slots);
        table->rows_count = 0;
    }
    buffer_reset(&rows->cells);
    rows->current = NULL;
    rows->err = OK;
}

void rows_event(struct rows *rows, int32_t partition, int64_t offset)
{
    CHECK(rows->current == NULL); /* else the event before it left a row unfinished */
    rows->partition = partition;
    rows->offset = offset;
}

int64_t rows_offset(const struct rows *rows)
{
    return rows->offset;
}

int32_t rows_partition(const struct rows *rows)
{
    return rows->partition;
}

size_t rows_size(const struct rows *rows)
{
    return rows->cells.size;
}

enum err rows_error(const struct rows *rows)
{
    return rows->err;
}

/* --- rows of equal keys --- */

static uint32_t *starts_of(const struct table *table, size_t row)
{
    return table->starts + row * ((size_t)table->columns + 1);
}

/* The key cells stand in one run; the lengths keep its parts apart. */
static struct text key_of(const struct rows *rows, const struct table *table, size_t row)
{
    const uint32_t *starts = starts_of(table, row);
    return (struct text){.data = (const char *)rows->cells.data + starts[0],
                         .size = starts[table->statement->key_columns] - starts[0]};
}

/* The slot of the row with that key, or the empty one where it would be. */
static uint32_t *find_slot(const struct rows *rows, const struct table *table, struct text key)
{
    size_t slot = murmur2(key.data, key.size);
    for (;; slot++) {
        uint32_t *found = &table->slots[slot & (table->slots_count - 1)];
        if (*found == 0 || text_equal(key_of(rows, table, *found - 1), key))
            return found;
    }
}

/* Keeps the slots at most half full. */
static void grow_slots(const struct rows *rows, struct table *table)
{
    if (table->slots_count >= 2 * table->rows_count + 2)
        return;
    free(table->slots);
    table->slots_count = table->slots_count > 0 ? 4 * table->slots_count : SLOTS_MIN;
    table->slots = calloc(table->slots_count, sizeof *table->slots);
    CHECK(table->slots != NULL);
    for (size_t row = 0; row + 1 < table->rows_count; row++)
        *find_slot(rows, table, key_of(rows, table, row)) = (uint32_t)row + 1;
}

static struct bytes cell_of(const struct rows *rows, const struct table *table, size_t row,
                            int column)
{
    const uint32_t *start = starts_of(table, row) + column;
    const uint8_t *cell = rows->cells.data + start[0];
    size_t size = start[1] - start[0] - CELL_LENGTH_SIZE;
    bool null = size == 0 && cell[0] != 0; /* -1, where a length is 0 */
    return (struct bytes){.data = null ? NULL : cell + CELL_LENGTH_SIZE, .size = size};
}

/* Writes the row `last` anew, as what it makes of the row `first` of the same key. */
static void merge_columns(struct rows *rows, struct table *table, size_t first, size_t last)
{
    size_t start = rows->cells.size;
    uint32_t *starts = starts_of(table, last);
    buffer_reset(&rows->merged);
    for (int i = 0; i < table->columns; i++) {
        struct bytes before = cell_of(rows, table, first, i), after = cell_of(rows, table, last, i);
        starts[i] = (uint32_t)(start + rows->merged.size);
        cell_merge(&rows->merged, &table->statement->columns[i], before, after);
    }
    buffer_append(&rows->cells, rows->merged.data, rows->merged.size);
    CHECK(buffer_ok(&rows->merged) && buffer_ok(&rows->cells));
    starts[table->columns] = (uint32_t)rows->cells.size;
}

/* The row just ended takes the place of an earlier one of the same key. */
static void merge(struct rows *rows, struct table *table)
{
    size_t last = table->rows_count - 1;
    grow_slots(rows, table);
    uint32_t *slot = find_slot(rows, table, key_of(rows, table, last));
    if (*slot == 0) {
        *slot = (uint32_t)last + 1;
        return;
    }
    if (table->merges)
        merge_columns(rows, table, *slot - 1, last);
    memcpy(starts_of(table, *slot - 1), starts_of(table, last),
           ((size_t)table->columns + 1) * sizeof *table->starts);
    table->rows_count--;
}

/* The slot is free; those behind it that were passed on because of it move up. */
static void close_gap(const struct rows *rows, struct table *table, size_t gap)
{
    size_t mask = table->slots_count - 1;
    for (size_t at = (gap + 1) & mask; table->slots[at] != 0; at = (at + 1) & mask) {
        struct text key = key_of(rows, table, table->slots[at] - 1);
        size_t home = murmur2(key.data, key.size) & mask;
        if (((at - home) & mask) < ((at - gap) & mask))
            continue; /* its home lies behind the gap */
        table->slots[gap] = table->slots[at];
        gap = at;
    }
    table->slots[gap] = 0;
}

/* Forgets the row of that key, if there is one; the last row takes its place. */
static void drop(const struct rows *rows, struct table *table, struct text key)
{
    uint32_t *slot = table->rows_count > 0 ? find_slot(rows, table, key) : NULL;
    if (slot == NULL || *slot == 0)
        return;
    size_t row = *slot - 1, last = table->rows_count - 1;
    close_gap(rows, table, (size_t)(slot - table->slots));
    if (row != last) {
        *find_slot(rows, table, key_of(rows, table, last)) = (uint32_t)row + 1;
        memcpy(starts_of(table, row), starts_of(table, last),
               ((size_t)table->columns + 1) * sizeof *table->starts);
    }
    table->rows_count--;
}

/* The row just ended says all that earlier updates of the same row say, which would run behind it.
 */
static void drop_updates(struct rows *rows, const struct table *whole, struct text key)
{
    for (size_t i = (size_t)(whole - rows->tables) + 1; i < rows->tables_count; i++) {
        struct table *table = &rows->tables[i];
        if (updates_behind(whole, table))
            drop(rows, table, key);
    }
}

/* --- cells --- */

void rows_begin(struct rows *rows, int statement)
{
    CHECK(rows->current == NULL);
    CHECK(statement >= 0 && (size_t)statement < rows->tables_count);
    struct table *table = &rows->tables[statement];
    if (table->rows_count == table->rows_capacity) {
        table->rows_capacity = table->rows_capacity > 0 ? 2 * table->rows_capacity : SLOTS_MIN;
        size_t row_size = ((size_t)table->columns + 1) * sizeof *table->starts;
        table->starts = realloc(table->starts, table->rows_capacity * row_size);
        CHECK(table->starts != NULL);
    }
    table->rows_count++;
    rows->current = table;
    rows->column = 0;
    starts_of(table, table->rows_count - 1)[0] = (uint32_t)rows->cells.size;
}

/* The column of the next cell. */
static const struct projection_column *column_of(const struct rows *rows)
{
    CHECK(rows->current != NULL);
    return &rows->current->statement->columns[rows->column];
}

/* Every cell: the buffer to append it to, and its end. CHECKs that a column of that type is due. */
static struct buffer *begin_cell(struct rows *rows, enum column_type type)
{
    CHECK(column_of(rows)->type == type);
    return &rows->cells;
}

static void end_cell(struct rows *rows)
{
    struct table *table = rows->current;
    CHECK(buffer_ok(&rows->cells));
    starts_of(table, table->rows_count - 1)[++rows->column] = (uint32_t)rows->cells.size;
    if (rows->column < table->columns)
        return;
    rows->current = NULL;
    if (table->statement->whole)
        drop_updates(rows, table, key_of(rows, table, table->rows_count - 1));
    if (table->sets)
        merge(rows, table);
}

void rows_null(struct rows *rows)
{
    CHECK(rows->current != NULL && rows->column >= rows->current->statement->key_columns);
    cell_null(&rows->cells);
    end_cell(rows);
}

void rows_text(struct rows *rows, struct text text)
{
    enum column_type type = column_of(rows)->type;
    CHECK(type == COLUMN_TEXT || type == COLUMN_JSON || type == COLUMN_TEXTS);
    cell_text(&rows->cells, text);
    end_cell(rows);
}

void rows_uuid(struct rows *rows, struct uuid id)
{
    cell_uuid(begin_cell(rows, COLUMN_UUID), id);
    end_cell(rows);
}

void rows_e8(struct rows *rows, int64_t e8)
{
    cell_e8(begin_cell(rows, COLUMN_NUMERIC), e8);
    end_cell(rows);
}

void rows_int(struct rows *rows, int64_t value)
{
    enum column_type type = column_of(rows)->type;
    CHECK(type == COLUMN_BIGINT || (type == COLUMN_INT && value == (int32_t)value));
    cell_int(&rows->cells, type, value);
    end_cell(rows);
}

void rows_bool(struct rows *rows, bool value)
{
    cell_bool(begin_cell(rows, COLUMN_BOOL), value);
    end_cell(rows);
}

void rows_time(struct rows *rows, int64_t time_us)
{
    cell_time(begin_cell(rows, COLUMN_TIME), time_us);
    end_cell(rows);
}

void rows_bytes(struct rows *rows, struct bytes bytes)
{
    cell_bytes(begin_cell(rows, COLUMN_BYTES), bytes);
    end_cell(rows);
}

void rows_symbol(struct rows *rows, const struct wire_enum *symbols, uint32_t symbol)
{
    CHECK(symbol < symbols->symbols_count);
    rows_text(rows, text_of(symbols->symbols[symbol]));
}

void rows_json(struct rows *rows, const struct wire_record *record, const void *value)
{
    buffer_reset(&rows->opened);
    wire_json(record, value, &rows->opened);
    rows_text(rows, buffer_as_text(&rows->opened));
}

/* What a sealed text says, into rows->opened. False: nothing that can be known any more. */
static bool open_sealed(struct rows *rows, struct text sealed, struct uuid key_id)
{
    buffer_reset(&rows->opened);
    enum err err = ERR_NOT_FOUND;
    if (rows->vault != NULL && rows->err == OK)
        err = vault_open_text(rows->vault, key_id, sealed, &rows->opened);
    /* What was never sealed under this key says nothing; a vault that is away will say it later. */
    if (err != OK && err != ERR_NOT_FOUND && err != ERR_POISON && err != ERR_FULL &&
        rows->err == OK)
        rows->err = err;
    return err == OK;
}

void rows_sealed(struct rows *rows, struct text sealed, struct uuid key_id)
{
    if (rows->veiled) {
        rows_text(rows, TEXT(ROWS_VEILED));
        return;
    }
    bool opened = open_sealed(rows, sealed, key_id);
    rows_text_or_null(rows, opened, buffer_as_text(&rows->opened));
    seal_wipe(rows->opened.data, rows->opened.size);
}

void rows_location(struct rows *rows, struct text sealed, struct uuid key_id)
{
    struct buffer place;
    if (rows->veiled) {
        rows_text(rows, TEXT(ROWS_VEILED));
        return;
    }
    buffer_init(&place, PLACE_SIZE_MAX);
    bool known = rows->geo != NULL && open_sealed(rows, sealed, key_id) &&
                 geo_place(rows->geo, buffer_as_text(&rows->opened), &place) && buffer_ok(&place);
    rows_text_or_null(rows, known, buffer_as_text(&place));
    seal_wipe(rows->opened.data, rows->opened.size);
    buffer_free(&place);
}

/* --- what a store reads --- */

size_t rows_statements(const struct rows *rows)
{
    return rows->tables_count;
}

const struct projection_statement *rows_statement(const struct rows *rows, size_t statement)
{
    return rows->tables[statement].statement;
}

size_t rows_count(const struct rows *rows, size_t statement)
{
    CHECK(rows->current == NULL);
    return rows->tables[statement].rows_count;
}

struct text rows_key(const struct rows *rows, size_t statement, size_t row)
{
    return key_of(rows, &rows->tables[statement], row);
}

struct bytes rows_cell(const struct rows *rows, size_t statement, size_t row, int column)
{
    return cell_of(rows, &rows->tables[statement], row, column);
}

void rows_array(const struct rows *rows, size_t statement, int column, struct buffer *ret_array)
{
    const struct table *table = &rows->tables[statement];
    CHECK(column < table->columns);
    cell_array(ret_array, table->statement->columns[column].type, table->rows_count);
    for (size_t row = 0; row < table->rows_count; row++) {
        const uint32_t *start = starts_of(table, row) + column;
        buffer_append(ret_array, rows->cells.data + start[0], start[1] - start[0]);
    }
}

void rows_copy(const struct rows *rows, size_t statement, struct buffer *ret_copy)
{
    static const uint8_t HEAD[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* its zero belongs to it */
    const struct table *table = &rows->tables[statement];
    buffer_append(ret_copy, HEAD, sizeof HEAD);
    for (size_t row = 0; row < table->rows_count; row++) {
        const uint32_t *starts = starts_of(table, row);
        buffer_append(ret_copy, (const uint8_t[]){0, (uint8_t)table->columns}, 2);
        buffer_append(ret_copy, rows->cells.data + starts[0], starts[table->columns] - starts[0]);
    }
    buffer_append(ret_copy, (const uint8_t[]){0xff, 0xff}, 2);
}
