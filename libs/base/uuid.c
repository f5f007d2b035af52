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

/* Where each run of digits stands in "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", in fours. */
static const uint8_t FOURS[8] = {0, 4, 9, 14, 19, 24, 28, 32};
/* And each byte. */
static const uint8_t PLACE[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
static const uint8_t DASHES[4] = {8, 13, 18, 23};

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first digit is the lowest byte");

/* Eight hexadecimal digits as four bytes, the first in the lowest. False: not all of them are any.
 * Ids are parsed so often that a table for one digit after the other was a twelfth of what writers
 * do. A digit is worth at most 15, and is what its value prints as: all else is none. */
static bool parse_eight(const char *high, const char *low, uint32_t *ret_bytes)
{
    uint64_t digits = 0;
    memcpy(&digits, high, 4);
    memcpy((char *)&digits + 4, low, 4);
    uint64_t letters = digits >> 6 & EACH_BYTE(1);
    uint64_t values = (digits & EACH_BYTE(15)) + 9 * letters;
    uint64_t over_nine = (values + EACH_BYTE(6)) >> 4 & EACH_BYTE(1);
    uint64_t printed = values + EACH_BYTE('0') + over_nine * ('a' - '9' - 1);
    uint64_t bytes = (values << 4 | values >> 8) & UINT64_C(0x00ff00ff00ff00ff);
    bytes = (bytes | bytes >> 8) & UINT64_C(0x0000ffff0000ffff);
    *ret_bytes = (uint32_t)(bytes | bytes >> 16);
    return (values & EACH_BYTE(16)) == 0 && printed == (digits | letters << 5);
}

enum err uuid_parse(struct text text, struct uuid *ret_id)
{
    if (text.size != UUID_TEXT_SIZE)
        return ERR_INPUT;
    uint32_t words[4];
    bool valid = true;
    for (size_t i = 0; i < sizeof DASHES; i++)
        valid = valid && text.data[DASHES[i]] == '-';
    for (size_t i = 0; i < COUNT_OF(words); i++)
        valid &= parse_eight(text.data + FOURS[2 * i], text.data + FOURS[2 * i + 1], &words[i]);
    if (!valid)
        return ERR_INPUT;
    memcpy(ret_id->bytes, words, sizeof ret_id->bytes);
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
