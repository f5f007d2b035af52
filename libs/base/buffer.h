/* buffer.h - a growing run of bytes with a named maximum.
 *
 * Bounds   size_max is set in buffer_init(). An append that would pass it changes nothing and marks
 *          the buffer full; buffer_ok() tells, so a chain of appends needs one check at its end.
 * Owner    buffer_free() gives the memory back; a zeroed buffer with size_max 0 owns nothing.
 */
#ifndef BUFFER_H
#define BUFFER_H
#include "base/base.h"

#include <string.h>

struct buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
    size_t size_max;
    bool full;
};

/* Makes an empty buffer of at most `size_max` bytes; allocates on the first append. */
void buffer_init(struct buffer *buffer, size_t size_max);
/* Gives the memory back and leaves an empty buffer of the same maximum. */
void buffer_free(struct buffer *buffer);
/* Empties it, keeps the memory, and clears the full mark. */
void buffer_reset(struct buffer *buffer);
/* Makes room for `size` more bytes. False: there may not be so many, and the buffer is marked full.
 */
bool buffer_reserve(struct buffer *buffer, size_t size);

/* Room for `size` bytes, which are in the buffer from then on, for the caller to write. NULL: the
 * buffer is full, or marked full now. In the header, as most of what is appended is a few bytes. */
static inline uint8_t *buffer_extend(struct buffer *buffer, size_t size)
{
    bool fits = !buffer->full && size <= buffer->size_max - buffer->size &&
                size <= buffer->capacity - buffer->size;
    if (!fits && !buffer_reserve(buffer, size))
        return NULL;
    uint8_t *room = buffer->data + buffer->size;
    buffer->size += size;
    return room;
}

/* Appends `size` bytes, or marks the buffer full. */
static inline void buffer_append(struct buffer *buffer, const void *data, size_t size)
{
    uint8_t *room = size == 0 ? NULL : buffer_extend(buffer, size);
    if (room != NULL)
        memcpy(room, data, size);
}

static inline void buffer_byte(struct buffer *buffer, uint8_t byte)
{
    uint8_t *room = buffer_extend(buffer, 1);
    if (room != NULL)
        *room = byte;
}

void buffer_text(struct buffer *buffer, struct text text);
void buffer_string(struct buffer *buffer, const char *string);
/* In decimal. */
void buffer_number(struct buffer *buffer, int64_t value);
void buffer_printf(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
/* Appends `text` as a JSON string with its quotes: control characters, quote and backslash
 * escaped, other bytes as they are (the caller has checked that they are UTF-8). */
void buffer_json_string(struct buffer *buffer, struct text text);
/* True while nothing was left out. */
bool buffer_ok(const struct buffer *buffer);
/* What is in it, until the next append. */
struct bytes buffer_bytes(const struct buffer *buffer);
struct text buffer_as_text(const struct buffer *buffer);

#endif
