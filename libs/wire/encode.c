/* Writing records: what does not depend on which record it is. */
#include "wire/codec.h"

#include <stdlib.h>

/* Seven bits of `value`, of which there are 56 at most, in each byte. */
static uint64_t parted(uint64_t value)
{
    value = (value & UINT64_C(0x000000000fffffff)) | (value & UINT64_C(0x00fffffff0000000)) << 4;
    value = (value & UINT64_C(0x00003fff00003fff)) | (value & UINT64_C(0x0fffc0000fffc000)) << 2;
    return (value & UINT64_C(0x007f007f007f007f)) | (value & UINT64_C(0x3f803f803f803f80)) << 1;
}

uint8_t *wire_write_long_varint(uint8_t *at, uint64_t value)
{
    if (value >> 56 == 0) { /* eight bytes are written, of which the last ones do not count */
        unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
        unsigned size = (bits + 6) / 7;
        uint64_t more = UINT64_C(0x8080808080808080) & ((UINT64_C(1) << 8 * (size - 1)) - 1);
        uint64_t word = parted(value) | more;
        memcpy(at, &word, sizeof word);
        return at + size;
    }
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

size_t wire_bound_elements(wire_bound *bound, const void *elements, size_t count, size_t size)
{
    size_t total = WIRE_VARINT_MAX;
    const uint8_t *element = elements;
    for (size_t i = 0; i < count; i++, element += size)
        total += bound(element);
    return total;
}

uint8_t *wire_write_elements(uint8_t *at, wire_writer *write, const void *elements, size_t count,
                             size_t size)
{
    const uint8_t *element = elements;
    at = write_number(at, (int64_t)count);
    for (size_t i = 0; i < count; i++, element += size)
        at = write(at, element);
    return at;
}

/* What may be larger than there is room for is written aside, for it may be smaller. */
static void encode_aside(const struct wire_record *record, const void *value, size_t bound,
                         struct buffer *buffer)
{
    uint8_t *aside = malloc(bound);
    CHECK(aside != NULL);
    buffer_append(buffer, aside, (size_t)(record->write(aside, value) - aside));
    free(aside);
}

void wire_encode(const struct wire_record *record, const void *value, struct buffer *buffer)
{
    size_t bound = record->bound(value);
    if (buffer->full || bound == 0)
        return;
    if (bound > buffer->size_max - buffer->size) {
        encode_aside(record, value, bound, buffer);
        return;
    }
    CHECK(buffer_reserve(buffer, bound));
    size_t written =
        (size_t)(record->write(buffer->data + buffer->size, value) - (buffer->data + buffer->size));
    CHECK(written <= bound);
    buffer->size += written;
}
