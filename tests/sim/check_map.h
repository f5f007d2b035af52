/* check_map.h - what is known under 16 bytes: an id or a hash. */
#ifndef SIM_CHECK_MAP_H
#define SIM_CHECK_MAP_H
#include "base/base.h"

struct check_entry {
    uint8_t key[16];
    void *value; /* NULL: free */
};

/* Zeroed, it is empty. */
struct check_map {
    struct check_entry *entries;
    size_t count, max; /* max: a power of two */
};

/* What is under the key; NULL: nothing. */
void *check_map_get(const struct check_map *map, const void *key);
/* Puts what is not NULL under the key, in place of what was there. */
void check_map_put(struct check_map *map, const void *key, void *value);
void check_map_free(struct check_map *map);

#endif
