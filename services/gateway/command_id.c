#include "gateway/command_id.h"

#include "base/time.h"
#include "seal/seal.h"

enum { SECOND_AT = 12 }; /* the first of the last four bytes */

struct uuid command_id_new(uint32_t owner_hash, int64_t valid_until_us)
{
    uint8_t rest[12];
    int64_t second = valid_until_us <= 0 ? 0 : (valid_until_us - 1) / SECOND_US + 1;
    if (second > UINT32_MAX)
        second = UINT32_MAX;
    seal_random(rest, sizeof rest);
    struct uuid id = uuid_make(owner_hash, rest);
    for (int i = 0; i < 4; i++)
        id.bytes[SECOND_AT + i] = (uint8_t)(second >> (24 - 8 * i));
    return id;
}

int64_t command_id_valid_until_us(struct uuid id)
{
    int64_t second = 0;
    for (int i = 0; i < 4; i++)
        second = second << 8 | id.bytes[SECOND_AT + i];
    return second * SECOND_US;
}
