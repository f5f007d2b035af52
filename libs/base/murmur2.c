#include "base/murmur2.h"

#include "base/uuid.h"

uint32_t murmur2(const void *data, size_t size)
{
    const uint32_t m = 0x5bd1e995;
    const uint8_t *byte = data;
    uint32_t hash = UINT32_C(0x9747b28c) ^ (uint32_t)size;

    for (; size >= 4; size -= 4, byte += 4) {
        uint32_t k = (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 |
                     (uint32_t)byte[3] << 24;
        k *= m;
        k ^= k >> 24;
        k *= m;
        hash *= m;
        hash ^= k;
    }
    if (size >= 3)
        hash ^= (uint32_t)byte[2] << 16;
    if (size >= 2)
        hash ^= (uint32_t)byte[1] << 8;
    if (size >= 1) {
        hash ^= (uint32_t)byte[0];
        hash *= m;
    }
    hash ^= hash >> 13;
    hash *= m;
    hash ^= hash >> 15;
    return hash;
}

int32_t partition_of_hash(uint32_t hash, int32_t partition_count)
{
    CHECK(partition_count > 0);
    return (int32_t)(hash & 0x7fffffff) % partition_count;
}

uint32_t owner_hash_of_key(struct text key)
{
    struct uuid id;
    return uuid_parse(key, &id) == OK ? uuid_owner_hash(id) : murmur2(key.data, key.size);
}

int32_t partition_of_key(struct text key, int32_t partition_count)
{
    return partition_of_hash(owner_hash_of_key(key), partition_count);
}
