#include "gateway/command_id.h"

#include "base/time.h"
#include "seal/seal.h"

struct uuid command_id_new(uint32_t owner_hash, int64_t valid_until_us)
{
    uint8_t rest[12];
    int64_t second = valid_until_us <= 0 ? 0 : (valid_until_us - 1) / SECOND_US + 1;
    if (second > UINT32_MAX)
        second = UINT32_MAX;
    seal_random(rest, sizeof rest);
    return uuid_at_second(uuid_make(owner_hash, rest), (uint32_t)second);
}

int64_t command_id_valid_until_us(struct uuid id)
{
    return (int64_t)uuid_second(id) * SECOND_US;
}
