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

/* "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" is read and written sixteen digits at a time, for an order
 * has some eighty ids to be read and thirty to be written. */
static const uint8_t DASHES[4] = {8, 13, 18, 23};

typedef uint8_t digits __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));
typedef uint16_t pairs __attribute__((vector_size(16)));
typedef uint8_t packed __attribute__((vector_size(8)));

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first digit is the lowest byte");

static uint64_t four(const char *text)
{
    uint32_t word;
    memcpy(&word, text, sizeof word);
    return word;
}

static uint64_t eight(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
    return word;
}

/* Sixteen hexadecimal digits as eight bytes; of `*valid` nothing is left where they are not. */
static packed parse_sixteen(halves text, digits *valid)
{
    digits decimal = (digits)text - '0', letter = ((digits)text | 0x20) - 'a';
    digits is_decimal = (digits)(decimal <= 9), is_letter = (digits)(letter <= 5);
    pairs values = (pairs)((decimal & is_decimal) | ((letter + 10) & is_letter));
    *valid &= is_decimal | is_letter;
    return __builtin_convertvector((values << 4 | values >> 8) & 0xff, packed);
}

enum err uuid_parse(struct text text, struct uuid *ret_id)
{
    if (text.size != UUID_TEXT_SIZE)
        return ERR_INPUT;
    const char *at = text.data;
    digits valid = ~(digits){0};
    packed first = parse_sixteen((halves){eight(at), four(at + 9) | four(at + 14) << 32}, &valid);
    packed last =
        parse_sixteen((halves){four(at + 19) | four(at + 24) << 32, eight(at + 28)}, &valid);
    bool dashes = true;
    for (size_t i = 0; i < sizeof DASHES; i++)
        dashes = dashes && at[DASHES[i]] == '-';
    if (!dashes || (((halves)valid)[0] & ((halves)valid)[1]) != UINT64_MAX)
        return ERR_INPUT;
    memcpy(ret_id->bytes, &first, sizeof first);
    memcpy(ret_id->bytes + sizeof first, &last, sizeof last);
    return OK;
}

/* What sixteen values below sixteen print as. */
static digits printed(digits values)
{
    return values + '0' + ((digits)(values > 9) & ('a' - '9' - 1));
}

void uuid_print(struct uuid id, char ret_text[UUID_TEXT_SIZE])
{
    uint64_t front, back;
    memcpy(&front, id.bytes, sizeof front);
    memcpy(&back, id.bytes + sizeof front, sizeof back);
    /* It comes in two registers; stored as two and loaded as one it would wait for the stores,
     * which takes four times as long as all else. So the compiler may not see that it can. */
    __asm__("" : "+r"(front), "+r"(back));
    digits bytes = (digits)(halves){front, back};
    digits high = printed(bytes >> 4), low = printed(bytes & 15);
    digits first =
        __builtin_shufflevector(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    digits last = __builtin_shufflevector(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29,
                                          14, 30, 15, 31);
    memcpy(ret_text, &first, 8);
    memcpy(ret_text + 9, (uint8_t *)&first + 8, 4);
    memcpy(ret_text + 14, (uint8_t *)&first + 12, 4);
    memcpy(ret_text + 19, &last, 4);
    memcpy(ret_text + 24, (uint8_t *)&last + 4, 4);
    memcpy(ret_text + 28, (uint8_t *)&last + 8, 8);
    for (size_t i = 0; i < sizeof DASHES; i++)
        ret_text[DASHES[i]] = '-';
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
