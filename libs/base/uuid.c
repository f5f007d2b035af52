#include "base/uuid.h"

#include <string.h>

struct uuid uuid_make(uint32_t owner_hash, const uint8_t rest[12])
{
    struct uuid id;
    for (int i = 0; i < 4; i++)
        id.bytes[i] = (uint8_t)(owner_hash >> (24 - 8 * i));
    memcpy(id.bytes + 4, rest, 12);
    id.bytes[6] = (uint8_t)(0x80 | (id.bytes[6] & 0x0f));
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
    return id;
}

uint32_t uuid_owner_hash(struct uuid id)
{
    return (uint32_t)id.bytes[0] << 24 | (uint32_t)id.bytes[1] << 16 | (uint32_t)id.bytes[2] << 8 |
           (uint32_t)id.bytes[3];
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool dash_before(size_t byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

enum err uuid_parse(struct text text, struct uuid *ret_id)
{
    if (text.size != UUID_TEXT_SIZE)
        return ERR_INPUT;
    struct uuid id;
    const char *at = text.data;
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        if (dash_before(i) && *at++ != '-')
            return ERR_INPUT;
        int high = hex_digit(*at++);
        int low = hex_digit(*at++);
        if (high < 0 || low < 0)
            return ERR_INPUT;
        id.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *ret_id = id;
    return OK;
}

void uuid_print(struct uuid id, char ret_text[UUID_TEXT_SIZE])
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        if (dash_before(i))
            *ret_text++ = '-';
        *ret_text++ = DIGITS[id.bytes[i] >> 4];
        *ret_text++ = DIGITS[id.bytes[i] & 15];
    }
}

bool uuid_equal(struct uuid a, struct uuid b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

int uuid_compare(struct uuid a, struct uuid b)
{
    int order = memcmp(a.bytes, b.bytes, sizeof a.bytes);
    return (order > 0) - (order < 0);
}

bool uuid_is_nil(struct uuid id)
{
    return uuid_equal(id, (struct uuid){{0}});
}
