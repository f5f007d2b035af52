#include "auth/token_cache.h"

#include <stdlib.h>
#include <string.h>

struct place {
    uint8_t hash[TOKEN_HASH_SIZE];
    struct auth_claims claims; /* expires_at_us 0: empty */
};

struct set {
    struct place places[TOKEN_CACHE_PLACES];
    uint32_t next; /* where the next one goes, round and round */
};

struct token_cache {
    struct set sets[TOKEN_CACHE_SETS];
};

struct token_cache *token_cache_new(void)
{
    struct token_cache *cache = calloc(1, sizeof *cache);
    CHECK(cache != NULL);
    return cache;
}

void token_cache_free(struct token_cache *cache)
{
    free(cache);
}

/* The hash is as good as random already. */
static size_t set_of(const uint8_t hash[TOKEN_HASH_SIZE])
{
    return ((size_t)hash[0] << 8 | hash[1]) % TOKEN_CACHE_SETS;
}

bool token_cache_find(const struct token_cache *cache, const uint8_t hash[TOKEN_HASH_SIZE],
                      struct auth_claims *ret_claims)
{
    const struct set *set = &cache->sets[set_of(hash)];
    for (size_t i = 0; i < TOKEN_CACHE_PLACES; i++) {
        const struct place *place = &set->places[i];
        if (place->claims.expires_at_us > 0 && memcmp(place->hash, hash, TOKEN_HASH_SIZE) == 0) {
            *ret_claims = place->claims;
            return true;
        }
    }
    return false;
}

void token_cache_put(struct token_cache *cache, const uint8_t hash[TOKEN_HASH_SIZE],
                     const struct auth_claims *claims)
{
    struct set *set = &cache->sets[set_of(hash)];
    struct place *place = &set->places[set->next];
    memcpy(place->hash, hash, TOKEN_HASH_SIZE);
    place->claims = *claims;
    set->next = (set->next + 1) % TOKEN_CACHE_PLACES;
}
