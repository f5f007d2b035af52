#include "seal/key_cache.h"

#include "base/murmur2.h"

#include <stdlib.h>

struct place {
    struct uuid id; /* nil: empty */
    struct seal_key key;
};

struct set {
    struct place places[KEY_CACHE_PLACES];
    uint32_t next; /* where the next key goes, round and round */
};

struct key_cache {
    uint64_t generation;
    struct set sets[KEY_CACHE_SETS];
};

struct key_cache *key_cache_new(void)
{
    struct key_cache *cache = calloc(1, sizeof *cache);
    CHECK(cache != NULL);
    return cache;
}

void key_cache_free(struct key_cache *cache)
{
    if (cache == NULL)
        return;
    seal_wipe(cache, sizeof *cache);
    free(cache);
}

static size_t set_of(struct uuid id)
{
    return murmur2(id.bytes, sizeof id.bytes) % KEY_CACHE_SETS;
}

bool key_cache_find(const struct key_cache *cache, struct uuid id, struct seal_key *ret_key)
{
    const struct set *set = &cache->sets[set_of(id)];
    for (size_t i = 0; i < KEY_CACHE_PLACES && !uuid_is_nil(id); i++) {
        if (uuid_equal(set->places[i].id, id)) {
            *ret_key = set->places[i].key;
            return true;
        }
    }
    return false;
}

static void wipe_from_set(struct set *set, struct uuid id)
{
    for (size_t i = 0; i < KEY_CACHE_PLACES; i++)
        if (uuid_equal(set->places[i].id, id))
            seal_wipe(&set->places[i], sizeof set->places[i]);
}

void key_cache_put(struct key_cache *cache, struct uuid id, const struct seal_key *key)
{
    struct set *set = &cache->sets[set_of(id)];
    wipe_from_set(set, id);
    set->places[set->next] = (struct place){.id = id, .key = *key};
    set->next = (set->next + 1) % KEY_CACHE_PLACES;
}

void key_cache_drop(struct key_cache *cache, struct uuid id)
{
    cache->generation++;
    wipe_from_set(&cache->sets[set_of(id)], id);
}

uint64_t key_cache_generation(const struct key_cache *cache)
{
    return cache->generation;
}
