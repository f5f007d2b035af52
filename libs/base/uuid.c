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

struct uuid uuid_at_second(struct uuid id, uint32_t second)
{
    id.bytes[4] = (uint8_t)(second >> 24);
    id.bytes[5] = (uint8_t)(second >> 16);
    id.bytes[6] = (uint8_t)((id.bytes[6] & 0xf0) | (second >> 12 & 0x0f));
    id.bytes[7] = (uint8_t)(second >> 4);
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0xc3) | (second & 0x0f) << 2);
    return id;
}

uint32_t uuid_second(struct uuid id)
{
    return (uint32_t)id.bytes[4] << 24 | (uint32_t)id.bytes[5] << 16 |
           (uint32_t)(id.bytes[6] & 0x0f) << 12 | (uint32_t)id.bytes[7] << 4 |
           (uint32_t)(id.bytes[8] >> 2 & 0x0f);
}

/* What a character is worth as a hexadecimal digit, plus one; 0: it is none. Ids are parsed so
 * often that comparing showed in profiles. */
static const uint8_t DIGIT_PLUS_1[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* Where each byte stands in "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx". */
static const uint8_t PLACE[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
static const uint8_t DASHES[4] = {8, 13, 18, 23};

enum err uuid_parse(struct text text, struct uuid *ret_id)
{
    if (text.size != UUID_TEXT_SIZE)
        return ERR_INPUT;
    struct uuid id;
    bool valid = true;
    for (size_t i = 0; i < sizeof DASHES; i++)
        valid = valid && text.data[DASHES[i]] == '-';
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        unsigned high = DIGIT_PLUS_1[(uint8_t)text.data[PLACE[i]]];
        unsigned low = DIGIT_PLUS_1[(uint8_t)text.data[PLACE[i] + 1]];
        valid = valid && high != 0 && low != 0;
        id.bytes[i] = (uint8_t)((high - 1) << 4 | (low - 1));
    }
    if (!valid)
        return ERR_INPUT;
    *ret_id = id;
    return OK;
}

void uuid_print(struct uuid id, char ret_text[UUID_TEXT_SIZE])
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof DASHES; i++)
        ret_text[DASHES[i]] = '-';
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        ret_text[PLACE[i]] = DIGITS[id.bytes[i] >> 4];
        ret_text[PLACE[i] + 1] = DIGITS[id.bytes[i] & 15];
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
