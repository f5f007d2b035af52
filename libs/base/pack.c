#include "base/pack.h"

#include <string.h>

void pack_u64(struct buffer *buffer, uint64_t value)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (56 - 8 * i));
    buffer_append(buffer, bytes, sizeof bytes);
}

void pack_read(struct pack_reader *reader, void *ret_data, size_t size)
{
    if (reader->failed || size > reader->rest.size) {
        reader->failed = true;
        memset(ret_data, 0, size);
        return;
    }
    memcpy(ret_data, reader->rest.data, size);
    reader->rest.data += size;
    reader->rest.size -= size;
}

uint8_t pack_read_u8(struct pack_reader *reader)
{
    uint8_t byte;
    pack_read(reader, &byte, sizeof byte);
    return byte;
}

uint64_t pack_read_u64(struct pack_reader *reader)
{
    uint8_t bytes[8];
    pack_read(reader, bytes, sizeof bytes);
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return value;
}

bool pack_read_whole(const struct pack_reader *reader)
{
    return !reader->failed && reader->rest.size == 0;
}
