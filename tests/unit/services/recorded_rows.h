/* recorded_rows.h - rows_... of projection.h that write down what they are given, for the tests of
 * projections: a line a row, "statement|cell|cell". To be included by one source of a test. */
#ifndef RECORDED_ROWS_H
#define RECORDED_ROWS_H
#include "base/buffer.h"
#include "projection/projection.h"
#include "wire/record.h"

#include <inttypes.h>
#include <stdio.h>

enum { RECORDED_ROWS_MAX = 1 << 16, RECORDED_OFFSET = 17, RECORDED_PARTITION = 2 };

struct rows {
    struct buffer lines;
    int cells; /* still missing in the row */
    const struct projection *projection;
};

void rows_begin(struct rows *rows, int statement)
{
    CHECK(rows->cells == 0);
    CHECK(statement >= 0 && (size_t)statement < rows->projection->statements_count);
    rows->cells = projection_columns(&rows->projection->statements[statement]);
    buffer_printf(&rows->lines, "%d", statement);
}

static void recorded_cell(struct rows *rows, struct text text)
{
    CHECK(rows->cells-- > 0);
    buffer_byte(&rows->lines, '|');
    buffer_text(&rows->lines, text);
    if (rows->cells == 0)
        buffer_byte(&rows->lines, '\n');
}

void rows_null(struct rows *rows)
{
    recorded_cell(rows, TEXT("-"));
}

void rows_text(struct rows *rows, struct text text)
{
    recorded_cell(rows, text);
}

void rows_uuid(struct rows *rows, struct uuid id)
{
    char text[UUID_TEXT_SIZE];
    uuid_print(id, text);
    recorded_cell(rows, (struct text){text, sizeof text});
}

void rows_int(struct rows *rows, int64_t value)
{
    char text[24];
    int size = snprintf(text, sizeof text, "%" PRId64, value);
    recorded_cell(rows, (struct text){text, (size_t)size});
}

void rows_e8(struct rows *rows, int64_t e8)
{
    rows_int(rows, e8);
}

void rows_bool(struct rows *rows, bool value)
{
    recorded_cell(rows, value ? TEXT("t") : TEXT("f"));
}

void rows_time(struct rows *rows, int64_t time_us)
{
    rows_int(rows, time_us);
}

void rows_bytes(struct rows *rows, struct bytes bytes)
{
    rows_int(rows, (int64_t)bytes.size);
}

void rows_symbol(struct rows *rows, const struct wire_enum *symbols, uint32_t symbol)
{
    recorded_cell(rows, text_of(symbols->symbols[symbol]));
}

void rows_json(struct rows *rows, const struct wire_record *record, const void *value)
{
    struct buffer json;
    buffer_init(&json, RECORDED_ROWS_MAX);
    wire_json(record, value, &json);
    recorded_cell(rows, buffer_as_text(&json));
    buffer_free(&json);
}

/* What is sealed shows in brackets, with the first byte of its key. */
void rows_sealed(struct rows *rows, struct text sealed, struct uuid key_id)
{
    char text[80];
    int size =
        snprintf(text, sizeof text, "[%.*s %02x]", (int)sealed.size, sealed.data, key_id.bytes[0]);
    recorded_cell(rows, (struct text){text, (size_t)size});
}

void rows_location(struct rows *rows, struct text sealed, struct uuid key_id)
{
    rows_sealed(rows, sealed, key_id);
}

int64_t rows_offset(const struct rows *rows)
{
    (void)rows;
    return RECORDED_OFFSET;
}

int32_t rows_partition(const struct rows *rows)
{
    (void)rows;
    return RECORDED_PARTITION;
}

/* Whether `event` makes exactly these lines; prints what it made otherwise. */
static bool recorded_rows_are(const struct projection *projection, const struct event *event,
                              const char *lines)
{
    struct rows rows = {.projection = projection};
    buffer_init(&rows.lines, RECORDED_ROWS_MAX);
    projection->project(event, &rows);
    bool equal = rows.cells == 0 && text_is(buffer_as_text(&rows.lines), lines);
    if (!equal)
        fprintf(stderr, "rows made:\n%.*s", (int)rows.lines.size, (const char *)rows.lines.data);
    buffer_free(&rows.lines);
    return equal;
}

#endif
