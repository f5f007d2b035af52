#include "gateway/origin.h"

#include "base/murmur2.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESS_MAX = 46, TOKEN_MAX = 512, LOCKS = 16 };

struct place {
    struct uuid key_id;
    uint16_t address_size;
    uint16_t agent_size;
    uint16_t sealed_address_size; /* 0: the place is free */
    uint16_t sealed_agent_size;
    char address[ADDRESS_MAX];
    char agent[ORIGIN_AGENT_MAX];
    char sealed_address[TOKEN_MAX / 2];
    char sealed_agent[TOKEN_MAX];
};

struct origin_cache {
    pthread_mutex_t locks[LOCKS];
    struct place places[ORIGIN_CACHED];
};

struct origin_cache *origin_cache_new(void)
{
    struct origin_cache *cache = calloc(1, sizeof *cache);
    CHECK(cache != NULL);
    for (size_t i = 0; i < LOCKS; i++)
        CHECK(pthread_mutex_init(&cache->locks[i], NULL) == 0);
    return cache;
}

void origin_cache_free(struct origin_cache *cache)
{
    for (size_t i = 0; cache != NULL && i < LOCKS; i++)
        pthread_mutex_destroy(&cache->locks[i]);
    free(cache);
}

static size_t place_of(struct uuid key_id, struct text address, struct text agent)
{
    uint32_t hash = murmur2(key_id.bytes, sizeof key_id.bytes);
    hash = hash * 31 + murmur2(address.data, address.size);
    hash = hash * 31 + murmur2(agent.data, agent.size);
    return hash % ORIGIN_CACHED;
}

static struct text cut_agent(struct text agent)
{
    size_t size = agent.size < ORIGIN_AGENT_MAX ? agent.size : ORIGIN_AGENT_MAX;
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)agent.data[i] >= 0x80)
            size = i; /* a header is not necessarily UTF-8, and nothing else goes into an event */
    }
    return (struct text){.data = agent.data, .size = size};
}

static bool is_there(const struct place *place, struct uuid key_id, struct text address,
                     struct text agent)
{
    struct text known_address = {.data = place->address, .size = place->address_size};
    struct text known_agent = {.data = place->agent, .size = place->agent_size};
    return place->sealed_address_size > 0 && uuid_equal(place->key_id, key_id) &&
           text_equal(known_address, address) && text_equal(known_agent, agent);
}

bool origin_find(struct origin_cache *cache, struct uuid key_id, struct text address,
                 struct text agent, struct arena *arena, struct origin *ret_origin)
{
    agent = cut_agent(agent);
    size_t index = place_of(key_id, address, agent);
    const struct place *place = &cache->places[index];
    pthread_mutex_lock(&cache->locks[index % LOCKS]);
    bool found = is_there(place, key_id, address, agent);
    if (found) {
        ret_origin->key_id = key_id;
        ret_origin->ip_address =
            arena_text(arena, (struct text){.data = place->sealed_address,
                                            .size = place->sealed_address_size});
        ret_origin->user_agent = arena_text(
            arena, (struct text){.data = place->sealed_agent, .size = place->sealed_agent_size});
    }
    pthread_mutex_unlock(&cache->locks[index % LOCKS]);
    return found;
}

static void remember(struct origin_cache *cache, struct text address, struct text agent,
                     const struct origin *origin)
{
    size_t index = place_of(origin->key_id, address, agent);
    struct place *place = &cache->places[index];
    if (address.size > sizeof place->address ||
        origin->ip_address.size > sizeof place->sealed_address ||
        origin->user_agent.size > sizeof place->sealed_agent)
        return;
    pthread_mutex_lock(&cache->locks[index % LOCKS]);
    place->key_id = origin->key_id;
    place->address_size = (uint16_t)address.size;
    place->agent_size = (uint16_t)agent.size;
    place->sealed_address_size = (uint16_t)origin->ip_address.size;
    place->sealed_agent_size = (uint16_t)origin->user_agent.size;
    memcpy(place->address, address.data, address.size);
    memcpy(place->agent, agent.data, agent.size);
    memcpy(place->sealed_address, origin->ip_address.data, origin->ip_address.size);
    memcpy(place->sealed_agent, origin->user_agent.data, origin->user_agent.size);
    pthread_mutex_unlock(&cache->locks[index % LOCKS]);
}

static enum err seal(struct vault *vault, struct uuid key_id, struct text plain,
                     struct arena *arena, struct text *ret_token)
{
    struct buffer token;
    buffer_init(&token, TOKEN_MAX);
    enum err err = vault_seal_text(vault, key_id, plain, &token);
    if (err == OK && !buffer_ok(&token))
        err = ERR_FULL;
    if (err == OK)
        *ret_token = arena_text(arena, buffer_as_text(&token));
    buffer_free(&token);
    return err;
}

enum err origin_seal(struct origin_cache *cache, struct vault *vault, struct uuid key_id,
                     struct text address, struct text agent, struct arena *arena,
                     struct origin *ret_origin)
{
    agent = cut_agent(agent);
    struct origin origin = {.key_id = key_id};
    enum err err = seal(vault, key_id, address, arena, &origin.ip_address);
    if (err == OK)
        err = seal(vault, key_id, agent, arena, &origin.user_agent);
    if (err != OK)
        return err;
    remember(cache, address, agent, &origin);
    *ret_origin = origin;
    return OK;
}
