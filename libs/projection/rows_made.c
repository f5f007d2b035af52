/* Cells that are made of the others of projection.h. An array of texts is the literal that Postgres
 * reads: {admin,"of two words"}. */
#include "projection/projection.h"

#include "base/buffer.h"

#include <string.h>
#include <strings.h>

enum { LITERAL_SIZE_MAX = 1 << 20 };

/* What Postgres prints without quotes (array_out), for a row that is read back is held against what
 * was written: all but nothing, NULL, and what has one of these in it. */
static bool stands_alone(struct text text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (memchr("\"\\{}, \t\n\r\v\f", text.data[i], 11) != NULL)
            return false;
    }
    return text.size > 0 && !(text.size == 4 && strncasecmp(text.data, "null", 4) == 0);
}

static void add(struct buffer *literal, struct text text)
{
    if (stands_alone(text)) {
        buffer_text(literal, text);
        return;
    }
    buffer_byte(literal, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"' || text.data[i] == '\\')
            buffer_byte(literal, '\\');
        buffer_byte(literal, (uint8_t)text.data[i]);
    }
    buffer_byte(literal, '"');
}

void rows_texts(struct rows *rows, const struct text *texts, size_t count)
{
    struct buffer literal;
    buffer_init(&literal, LITERAL_SIZE_MAX);
    buffer_byte(&literal, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_byte(&literal, ',');
        add(&literal, texts[i]);
    }
    buffer_byte(&literal, '}');
    CHECK(buffer_ok(&literal));
    rows_text(rows, buffer_as_text(&literal));
    buffer_free(&literal);
}

void rows_text_or_null(struct rows *rows, bool has, struct text text)
{
    if (has)
        rows_text(rows, text);
    else
        rows_null(rows);
}

void rows_time_or_null(struct rows *rows, bool has, int64_t time_us)
{
    if (has)
        rows_time(rows, time_us);
    else
        rows_null(rows);
}

void rows_e8_or_null(struct rows *rows, bool has, int64_t e8)
{
    if (has)
        rows_e8(rows, e8);
    else
        rows_null(rows);
}

void rows_uuid_or_null(struct rows *rows, bool has, struct uuid id)
{
    if (has)
        rows_uuid(rows, id);
    else
        rows_null(rows);
}

void rows_sealed_or_null(struct rows *rows, bool has, struct text sealed, struct uuid key_id)
{
    if (has)
        rows_sealed(rows, sealed, key_id);
    else
        rows_null(rows);
}
