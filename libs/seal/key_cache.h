/* key_cache.h - the vault's keys in memory: a fixed number of places, the oldest gives way.
 *
 * Shape    sets of four places; an id's hash names its set.
 * Race     a key loaded before a drop must not be put after it: whoever loads compares the
 *          generation, which every drop moves on, from before the load with that of the put.
 * Thread   one at a time; the vault locks.
 */
#ifndef KEY_CACHE_H
#define KEY_CACHE_H
#include "base/base.h"
#include "base/uuid.h"
#include "seal/seal.h"

struct key_cache;

enum { KEY_CACHE_SETS = 1024, KEY_CACHE_PLACES = 4 };

struct key_cache *key_cache_new(void) MUST_CHECK;
/* Wipes and frees. NULL does nothing. */
void key_cache_free(struct key_cache *cache);
/* False: not there, and *ret_key is untouched. */
bool key_cache_find(const struct key_cache *cache, struct uuid id, struct seal_key *ret_key);
/* Keeps a key, in the place of an older one where its set is full. */
void key_cache_put(struct key_cache *cache, struct uuid id, const struct seal_key *key);
/* Wipes a key and moves the generation on. */
void key_cache_drop(struct key_cache *cache, struct uuid id);
uint64_t key_cache_generation(const struct key_cache *cache);

#endif
