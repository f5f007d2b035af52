/* codec.h - of what schemas/generate.py makes the functions that read and write each record.
 *
 * For messages.c alone, which has for each record, enum and fixed type X, as this header has for
 * what Avro brings:
 *
 *   read_X    one X from the front of [at, end) into *ret, which was zero: what is behind it, or
 *             NULL where there is none. Texts and bytes point into the input, elements of arrays
 *             are in the arena. Nothing is believed: lengths, counts, symbols, times and ids that
 *             cannot be are none.
 *   bound_X   the most bytes that writing one takes; where it has no texts or arrays, a constant.
 *   write_X   one X to where there are that many bytes: what is behind it.
 *
 * So no byte is written with a look at whether there is room: wire_encode() sees to it at once for
 * the whole of a record.
 */
#ifndef WIRE_CODEC_H
#define WIRE_CODEC_H
#include "base/arena.h"
#include "base/base.h"
#include "base/time.h"
#include "base/uuid.h"
#include "wire/record.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte is the lowest");

enum { WIRE_VARINT_MAX = 10, WIRE_SYMBOLS_MAX = 64 };

/* --- reading --- */

/* Most of these are a few instructions, once the compiler sees what a field is. */
#define INLINED static inline __attribute__((always_inline))

#define READ_ARGS const uint8_t *at, const uint8_t *end, struct arena *arena, void *ret_value

/* A varint of more than a byte. */
const uint8_t *wire_read_long_varint(const uint8_t *at, const uint8_t *end, uint64_t *ret_value);
/* The elements of an array that has some, of `size` bytes each. */
const uint8_t *wire_read_elements(const uint8_t *at, const uint8_t *end, struct arena *arena,
                                  wire_reader *read, size_t size, void *ret_elements,
                                  size_t *ret_count);
/* The same of an array that is passed over. */
const uint8_t *wire_skip_elements(const uint8_t *at, const uint8_t *end, wire_reader *skip);

INLINED const uint8_t *read_varint(const uint8_t *at, const uint8_t *end, uint64_t *ret_value)
{
    if (at < end && *at < 0x80) {
        *ret_value = *at;
        return at + 1;
    }
    return wire_read_long_varint(at, end, ret_value);
}

INLINED const uint8_t *read_number(const uint8_t *at, const uint8_t *end, int64_t *ret_number)
{
    uint64_t zigzag = 0;
    at = read_varint(at, end, &zigzag);
    *ret_number = (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
    return at;
}

INLINED const uint8_t *read_long(READ_ARGS)
{
    (void)arena;
    return read_number(at, end, ret_value);
}

/* A moment that can be shown: no other is one. */
INLINED const uint8_t *read_time(READ_ARGS)
{
    int64_t *ret_time_us = ret_value;
    (void)arena;
    at = read_number(at, end, ret_time_us);
    return *ret_time_us < TIME_MIN_US || *ret_time_us > TIME_MAX_US ? NULL : at;
}

INLINED const uint8_t *read_int(READ_ARGS)
{
    int64_t number;
    (void)arena;
    at = read_number(at, end, &number);
    *(int32_t *)ret_value = (int32_t)number;
    return number < INT32_MIN || number > INT32_MAX ? NULL : at;
}

INLINED const uint8_t *read_symbol(const uint8_t *at, const uint8_t *end, uint32_t count,
                                   void *ret_value)
{
    int64_t number;
    at = read_number(at, end, &number);
    uint32_t symbol = (uint32_t)number;
    memcpy(ret_value, &symbol, sizeof symbol);
    return number < 0 || number >= count ? NULL : at;
}

INLINED const uint8_t *read_boolean(READ_ARGS)
{
    (void)arena;
    if (at >= end || *at > 1)
        return NULL;
    *(bool *)ret_value = *at == 1;
    return at + 1;
}

/* Whether a nullable value is there. */
INLINED const uint8_t *read_branch(const uint8_t *at, const uint8_t *end, bool *ret_there)
{
    uint64_t zigzag = 0;
    at = read_varint(at, end, &zigzag);
    *ret_there = zigzag == 2;
    return zigzag != 0 && zigzag != 2 ? NULL : at;
}

INLINED const uint8_t *read_fixed(const uint8_t *at, const uint8_t *end, size_t size,
                                  void *ret_value)
{
    if ((size_t)(end - at) < size)
        return NULL;
    memcpy(ret_value, at, size);
    return at + size;
}

INLINED const uint8_t *read_bytes(READ_ARGS)
{
    struct bytes *ret_bytes = ret_value;
    int64_t size;
    (void)arena;
    at = read_number(at, end, &size);
    if (at == NULL || size < 0 || size > end - at)
        return NULL;
    *ret_bytes = (struct bytes){at, (size_t)size};
    return at + size;
}

INLINED const uint8_t *read_text(READ_ARGS)
{
    struct text *ret_text = ret_value;
    struct bytes bytes;
    at = read_bytes(at, end, arena, &bytes);
    if (at != NULL)
        *ret_text = (struct text){(const char *)bytes.data, bytes.size};
    return at;
}

INLINED const uint8_t *read_uuid(READ_ARGS)
{
    struct text text;
    if (end - at > UUID_TEXT_SIZE &&
        *at == 2 * UUID_TEXT_SIZE) /* its size as it is mostly written */
        text = (struct text){(const char *)at + 1, UUID_TEXT_SIZE}, at += 1 + UUID_TEXT_SIZE;
    else if ((at = read_text(at, end, arena, &text)) == NULL)
        return NULL;
    return uuid_parse(text, ret_value) == OK ? at : NULL;
}

/* Fields that are gone: only older versions have them, and C knows nothing of them. */
#define WIRE_SKIP(name, type)                                                                      \
    INLINED const uint8_t *skip_##name(READ_ARGS)                                                  \
    {                                                                                              \
        type gone;                                                                                 \
        (void)ret_value;                                                                           \
        return read_##name(at, end, arena, &gone);                                                 \
    }
WIRE_SKIP(boolean, bool)
WIRE_SKIP(int, int32_t)
WIRE_SKIP(long, int64_t)
WIRE_SKIP(time, int64_t)
WIRE_SKIP(text, struct text)
WIRE_SKIP(bytes, struct bytes)
WIRE_SKIP(uuid, struct uuid)

#define READ_TRY(step)                                                                             \
    if ((at = (step)) == NULL)                                                                     \
    return NULL
#define READ(what, name) READ_TRY(read_##what(at, end, arena, &ret->name));
#define READ_NULLABLE(what, name)                                                                  \
    READ_TRY(read_branch(at, end, &ret->has_##name));                                              \
    if (ret->has_##name)                                                                           \
        READ_TRY(read_##what(at, end, arena, &ret->name));
#define READ_ARRAY(what, name)                                                                     \
    if (at < end && *at == 0)                                                                      \
        at++;                                                                                      \
    else                                                                                           \
        READ_TRY(wire_read_elements(at, end, arena, read_##what, sizeof *ret->name, &ret->name,    \
                                    &ret->name##_count));
#define SKIP(what) READ_TRY(skip_##what(at, end, arena, NULL));
#define SKIP_NULLABLE(what)                                                                        \
    {                                                                                              \
        bool there;                                                                                \
        READ_TRY(read_branch(at, end, &there));                                                    \
        if (there)                                                                                 \
            SKIP(what)                                                                             \
    }
#define SKIP_ARRAY(what) READ_TRY(wire_skip_elements(at, end, skip_##what));

/* --- writing --- */

size_t wire_bound_elements(wire_bound *bound, const void *elements, size_t count, size_t size);
uint8_t *wire_write_elements(uint8_t *at, wire_writer *write, const void *elements, size_t count,
                             size_t size);
/* A varint of more than a byte, into WIRE_VARINT_MAX. */
uint8_t *wire_write_long_varint(uint8_t *at, uint64_t value);

INLINED uint8_t *write_number(uint8_t *at, int64_t number)
{
    uint64_t zigzag = ((uint64_t)number << 1) ^ (number < 0 ? UINT64_MAX : 0);
    if (zigzag >= 0x80)
        return wire_write_long_varint(at, zigzag);
    *at = (uint8_t)zigzag;
    return at + 1;
}

/* Most texts are short: two words that may overlap are one call less. */
INLINED uint8_t *write_run(uint8_t *at, const void *data, size_t size)
{
    const uint8_t *from = data;
    at = write_number(at, (int64_t)size);
    if (size > 16) {
        memcpy(at, from, size);
    } else if (size >= 8) {
        memcpy(at, from, 8);
        memcpy(at + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
        memcpy(at, from, 4);
        memcpy(at + size - 4, from + size - 4, 4);
    } else {
        for (size_t i = 0; i < size; i++)
            at[i] = from[i];
    }
    return at + size;
}

#define WIRE_WRITER(name, most, ...)                                                               \
    INLINED size_t bound_##name(const void *value)                                                 \
    {                                                                                              \
        (void)value;                                                                               \
        return most;                                                                               \
    }                                                                                              \
    INLINED uint8_t *write_##name(uint8_t *at, const void *value)                                  \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
WIRE_WRITER(long, WIRE_VARINT_MAX, return write_number(at, *(const int64_t *)value);)
WIRE_WRITER(time, WIRE_VARINT_MAX, return write_number(at, *(const int64_t *)value);)
WIRE_WRITER(int, WIRE_VARINT_MAX, return write_number(at, *(const int32_t *)value);)
WIRE_WRITER(boolean, 1, *at = *(const bool *)value; return at + 1;)
WIRE_WRITER(text, WIRE_VARINT_MAX + ((const struct text *)value)->size,
            const struct text *text = value;
            return write_run(at, text->data, text->size);)
WIRE_WRITER(bytes, WIRE_VARINT_MAX + ((const struct bytes *)value)->size,
            const struct bytes *bytes = value;
            return write_run(at, bytes->data, bytes->size);)
WIRE_WRITER(uuid, 1 + UUID_TEXT_SIZE, at = write_number(at, UUID_TEXT_SIZE);
            uuid_print(*(const struct uuid *)value, (char *)at); return at + UUID_TEXT_SIZE;)

#define BOUND(what, name)          +bound_##what(&value->name)
#define BOUND_NULLABLE(what, name) +1 + (value->has_##name ? bound_##what(&value->name) : 0)
#define BOUND_ARRAY(what, name)                                                                    \
    +1 + (value->name##_count == 0                                                                 \
              ? 0                                                                                  \
              : wire_bound_elements(bound_##what, value->name, value->name##_count,                \
                                    sizeof *value->name))
#define WRITE(what, name) at = write_##what(at, &value->name);
#define WRITE_NULLABLE(what, name)                                                                 \
    *at++ = value->has_##name ? 2 : 0;                                                             \
    if (value->has_##name)                                                                         \
        at = write_##what(at, &value->name);
#define WRITE_ARRAY(what, name)                                                                    \
    if (value->name##_count > 0)                                                                   \
        at = wire_write_elements(at, write_##what, value->name, value->name##_count,               \
                                 sizeof *value->name);                                             \
    *at++ = 0;

/* --- what the generator calls --- */

#define WIRE_ENUM_CODEC(name, count)                                                               \
    _Static_assert((count) <= WIRE_SYMBOLS_MAX && sizeof(enum name) == sizeof(uint32_t), #name);   \
    INLINED const uint8_t *read_##name(READ_ARGS)                                                  \
    {                                                                                              \
        (void)arena;                                                                               \
        return read_symbol(at, end, count, ret_value);                                             \
    }                                                                                              \
    WIRE_WRITER(name, 1, uint32_t symbol = *(const uint32_t *)value; CHECK(symbol < (count));      \
                *at = (uint8_t)(symbol << 1); return at + 1;)

#define WIRE_FIXED_CODEC(name)                                                                     \
    INLINED const uint8_t *read_##name(READ_ARGS)                                                  \
    {                                                                                              \
        (void)arena;                                                                               \
        return read_fixed(at, end, sizeof(struct name), ret_value);                                \
    }                                                                                              \
    WIRE_WRITER(name, sizeof(struct name), memcpy(at, value, sizeof(struct name));                 \
                return at + sizeof(struct name);)

/* Of a record whose fields are FIELDS(ONE, NULLABLE, ARRAY), each as KIND(what, name). */
#define WIRE_RECORD_CODEC(struct_name, FIELDS)                                                     \
    WIRE_READER(struct_name, struct_name, FIELDS(READ, READ_NULLABLE, READ_ARRAY))                 \
    static size_t bound_##struct_name(const void *value_)                                          \
    {                                                                                              \
        const struct struct_name *value = value_;                                                  \
        (void)value;                                                                               \
        return 0 FIELDS(BOUND, BOUND_NULLABLE, BOUND_ARRAY);                                       \
    }                                                                                              \
    static uint8_t *write_##struct_name(uint8_t *at, const void *value_)                           \
    {                                                                                              \
        const struct struct_name *value = value_;                                                  \
        (void)value;                                                                               \
        FIELDS(WRITE, WRITE_NULLABLE, WRITE_ARRAY)                                                 \
        return at;                                                                                 \
    }

/* What reads `struct_name` as an older version wrote it, or as that of today: its steps in turn. */
#define WIRE_READER(reader_name, struct_name, ...)                                                 \
    static const uint8_t *read_##reader_name(READ_ARGS)                                            \
    {                                                                                              \
        struct struct_name *ret = ret_value;                                                       \
        (void)end, (void)arena, (void)ret;                                                         \
        __VA_ARGS__                                                                                \
        return at;                                                                                 \
    }

/* What passes over a fixed type, or a record, that is gone. */
#define WIRE_FIXED_SKIPPER(name, size)                                                             \
    INLINED const uint8_t *skip_##name(READ_ARGS)                                                  \
    {                                                                                              \
        (void)arena, (void)ret_value;                                                              \
        return end - at < (size) ? NULL : at + (size);                                             \
    }

#define WIRE_SKIPPER(name, ...)                                                                    \
    static const uint8_t *skip_##name(READ_ARGS)                                                   \
    {                                                                                              \
        (void)end, (void)arena, (void)ret_value;                                                   \
        __VA_ARGS__                                                                                \
        return at;                                                                                 \
    }

#endif
