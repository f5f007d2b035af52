/* origin.h - where a request came from, sealed, as a command carries it.
 *
 * Sealing takes a key of the vault, so perhaps a query. What was sealed before for the same key,
 * address and agent is used again: a client that sends many orders pays once.
 *
 * Thread   any.
 */
#ifndef GATEWAY_ORIGIN_H
#define GATEWAY_ORIGIN_H
#include "base/arena.h"
#include "seal/vault.h"
#include "wire/messages.h"

struct origin_cache; /* laid out in origin.c only */

enum { ORIGIN_CACHED = 4096, ORIGIN_AGENT_MAX = 256 };

struct origin_cache *origin_cache_new(void) MUST_CHECK;
void origin_cache_free(struct origin_cache *cache);

/* The origin sealed before; texts in `arena`. False: none is remembered. Never waits. `agent` is
 * cut to ORIGIN_AGENT_MAX bytes. */
bool origin_find(struct origin_cache *cache, struct uuid key_id, struct text address,
                 struct text agent, struct arena *arena, struct origin *ret_origin);
/* Seals it, and remembers. Errors of the vault. */
enum err origin_seal(struct origin_cache *cache, struct vault *vault, struct uuid key_id,
                     struct text address, struct text agent, struct arena *arena,
                     struct origin *ret_origin) MUST_CHECK;

#endif
