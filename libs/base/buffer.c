#include "base/buffer.h"

#include "base/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 256 };

void buffer_init(struct buffer *buffer, size_t size_max)
{
    *buffer = (struct buffer){.size_max = size_max};
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    buffer_init(buffer, buffer->size_max);
}

void buffer_reset(struct buffer *buffer)
{
    buffer->size = 0;
    buffer->full = false;
}

bool buffer_reserve(struct buffer *buffer, size_t size)
{
    if (buffer->full || size > buffer->size_max - buffer->size) {
        buffer->full = true;
        return false;
    }
    size_t need = buffer->size + size;
    if (need <= buffer->capacity)
        return true;
    size_t capacity = buffer->capacity < CAPACITY_MIN ? CAPACITY_MIN : buffer->capacity;
    while (capacity < need)
        capacity *= 2;
    uint8_t *data = realloc(buffer->data, capacity);
    CHECK(data != NULL);
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void buffer_text(struct buffer *buffer, struct text text)
{
    buffer_append(buffer, text.data, text.size);
}

void buffer_string(struct buffer *buffer, const char *string)
{
    buffer_append(buffer, string, strlen(string));
}

void buffer_number(struct buffer *buffer, int64_t value)
{
    char text[NUMBER_TEXT_SIZE_MAX];
    buffer_append(buffer, text, number_print(value, text));
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(size >= 0);
    if (!buffer_reserve(buffer, (size_t)size + 1)) /* vsnprintf writes a zero behind the text */
        return;
    va_start(args, format);
    vsnprintf((char *)buffer->data + buffer->size, (size_t)size + 1, format, args);
    va_end(args);
    buffer->size += (size_t)size;
}

void buffer_json_string(struct buffer *buffer, struct text text)
{
    buffer_byte(buffer, '"');
    size_t plain = 0; /* start of the run not yet copied */
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buffer_append(buffer, text.data + plain, i - plain);
        plain = i + 1;
        if (c == '"' || c == '\\')
            buffer_append(buffer, (const char[]){'\\', (char)c}, 2);
        else
            buffer_printf(buffer, "\\u%04x", c);
    }
    buffer_append(buffer, text.data + plain, text.size - plain);
    buffer_byte(buffer, '"');
}

bool buffer_ok(const struct buffer *buffer)
{
    return !buffer->full;
}

struct bytes buffer_bytes(const struct buffer *buffer)
{
    return (struct bytes){.data = buffer->data, .size = buffer->size};
}

struct text buffer_as_text(const struct buffer *buffer)
{
    return (struct text){.data = (const char *)buffer->data, .size = buffer->size};
}
