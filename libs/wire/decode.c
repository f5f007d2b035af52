/* Reading records: what does not depend on which record it is. */
#include "wire/codec.h"

/* The seven bits of each byte of `word`, joined. */
static uint64_t joined(uint64_t word)
{
    word = (word & UINT64_C(0x007f007f007f007f)) | (word & UINT64_C(0x7f007f007f007f00)) >> 1;
    word = (word & UINT64_C(0x00003fff00003fff)) | (word & UINT64_C(0x3fff00003fff0000)) >> 2;
    return (word & UINT64_C(0x000000000fffffff)) | (word & UINT64_C(0x0fffffff00000000)) >> 4;
}

const uint8_t *wire_read_long_varint(const uint8_t *at, const uint8_t *end, uint64_t *ret_value)
{
    uint64_t word = 0, value = 0;
    if (end - at >= (ptrdiff_t)sizeof word) {
        memcpy(&word, at, sizeof word);
        uint64_t last = ~word & UINT64_C(0x8080808080808080);
        if (last != 0) { /* what ends within eight bytes is read at once */
            *ret_value = joined(word & (last ^ (last - 1)));
            return at + (__builtin_ctzll(last) + 1) / 8;
        }
    }
    for (size_t i = 0; i < WIRE_VARINT_MAX && at < end; i++) {
        uint64_t byte = *at++;
        if (i == WIRE_VARINT_MAX - 1 && byte > 1)
            return NULL;
        value |= (byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *ret_value = value;
            return at;
        }
    }
    return NULL;
}

/* The count of the next block; Avro's negative form carries the block's size in bytes too. Each
 * element takes a byte at least, so a count above what is left is a lie. */
INLINED const uint8_t *read_block_count(const uint8_t *at, const uint8_t *end, size_t *ret_count)
{
    int64_t count = 0, size = 0;
    at = read_number(at, end, &count);
    if (at != NULL && count < 0 && count != INT64_MIN) {
        count = -count;
        at = read_number(at, end, &size);
    }
    if (at == NULL || count < 0 || count > end - at)
        return NULL;
    *ret_count = (size_t)count;
    return at;
}

const uint8_t *wire_read_elements(const uint8_t *at, const uint8_t *end, struct arena *arena,
                                  wire_reader *read, size_t size, void *ret_elements,
                                  size_t *ret_count)
{
    uint8_t *elements = NULL;
    size_t total = 0;
    for (;;) {
        size_t count = 0;
        at = read_block_count(at, end, &count);
        if (at == NULL)
            return NULL;
        if (count == 0)
            break;
        if ((total + count) * size > arena_room(arena))
            return NULL; /* small on the wire, huge in memory */
        uint8_t *grown = arena_alloc(arena, (total + count) * size);
        if (total > 0)
            memcpy(grown, elements, total * size);
        elements = grown;
        for (size_t i = 0; i < count && at != NULL; i++)
            at = read(at, end, arena, elements + (total + i) * size);
        if (at == NULL)
            return NULL;
        total += count;
    }
    memcpy(ret_elements, &elements, sizeof elements);
    *ret_count = total;
    return at;
}

const uint8_t *wire_skip_elements(const uint8_t *at, const uint8_t *end, wire_reader *skip)
{
    size_t count = 0;
    do {
        at = read_block_count(at, end, &count);
        for (size_t i = 0; at != NULL && i < count; i++)
            at = skip(at, end, NULL, NULL);
    } while (at != NULL && count > 0);
    return at;
}

enum err wire_decode(const struct wire_record *record, struct bytes *input, struct arena *arena,
                     void *ret_value)
{
    memset(ret_value, 0, record->size);
    return wire_read(record->read, input, arena, ret_value);
}

enum err wire_read(wire_reader *read, struct bytes *input, struct arena *arena, void *ret_value)
{
    const uint8_t *end = input->data + input->size;
    const uint8_t *at = read(input->data, end, arena, ret_value);
    if (at == NULL)
        return ERR_POISON;
    *input = (struct bytes){at, (size_t)(end - at)};
    return OK;
}
