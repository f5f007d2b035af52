/* token_cache.h - claims of tokens that were verified, by the token's hash: a fixed number of
 * places, the oldest gives way.
 *
 * Thread   one at a time; auth locks.
 */
#ifndef TOKEN_CACHE_H
#define TOKEN_CACHE_H
#include "auth/auth.h"

enum { TOKEN_HASH_SIZE = 32, TOKEN_CACHE_SETS = 4096, TOKEN_CACHE_PLACES = 4 };

struct token_cache;

struct token_cache *token_cache_new(void) MUST_CHECK;
/* NULL does nothing. */
void token_cache_free(struct token_cache *cache);
/* False: not there; *ret_claims is untouched. Expiry is the caller's to look at. */
bool token_cache_find(const struct token_cache *cache, const uint8_t hash[TOKEN_HASH_SIZE],
                      struct auth_claims *ret_claims);
/* Keeps claims, in the place of older ones where their set is full. */
void token_cache_put(struct token_cache *cache, const uint8_t hash[TOKEN_HASH_SIZE],
                     const struct auth_claims *claims);

#endif
