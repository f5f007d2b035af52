#include "check_map.h"

#include <stdlib.h>
#include <string.h>

/* Where the key is, or would be put. */
static struct check_entry *place_of(const struct check_map *map, const void *key)
{
    uint64_t halves[2];
    memcpy(halves, key, sizeof halves);
    uint64_t mixed =
        (halves[0] ^ halves[1] * UINT64_C(0x9E3779B97F4A7C15)) * UINT64_C(0xC2B2AE3D27D4EB4F);
    size_t at = (size_t)(mixed >> 32) & (map->max - 1);
    while (map->entries[at].value != NULL && memcmp(map->entries[at].key, key, 16) != 0)
        at = (at + 1) & (map->max - 1);
    return &map->entries[at];
}

void *check_map_get(const struct check_map *map, const void *key)
{
    return map->max == 0 ? NULL : place_of(map, key)->value;
}

static void grow(struct check_map *map)
{
    struct check_map grown = {.count = map->count, .max = map->max == 0 ? 64 : map->max * 2};
    grown.entries = calloc(grown.max, sizeof *grown.entries);
    CHECK(grown.entries != NULL);
    for (size_t i = 0; i < map->max; i++) {
        if (map->entries[i].value != NULL)
            *place_of(&grown, map->entries[i].key) = map->entries[i];
    }
    free(map->entries);
    *map = grown;
}

void check_map_put(struct check_map *map, const void *key, void *value)
{
    if (map->count * 2 >= map->max)
        grow(map);
    struct check_entry *entry = place_of(map, key);
    map->count += entry->value == NULL;
    memcpy(entry->key, key, sizeof entry->key);
    entry->value = value;
}

void check_map_free(struct check_map *map)
{
    free(map->entries);
    *map = (struct check_map){0};
}
