/* keyed_token.h - texts that only this venue can have made: a few bytes and a keyed hash of them,
 * so that nothing has to be stored to know one again. Pure.
 *
 * Shape    base64url(payload, 32 bytes of BLAKE2b under the venue's key over purpose and payload).
 *          A token of one purpose is none of another. What is in it, its bearer can read.
 */
#ifndef AUTH_KEYED_TOKEN_H
#define AUTH_KEYED_TOKEN_H
#include "base/arena.h"
#include "base/base.h"
#include "seal/seal.h"

enum { KEYED_TOKEN_PAYLOAD_MAX = 128 };

/* The token of these bytes, at most KEYED_TOKEN_PAYLOAD_MAX, in the arena. */
struct text keyed_token_make(const struct seal_key *key, const char *purpose, struct bytes payload,
                             struct arena *arena);
/* The bytes of a token that has exactly `size` of them. ERR_INPUT: it is none of this purpose. */
enum err keyed_token_open(const struct seal_key *key, const char *purpose, struct text token,
                          void *ret_payload, size_t size) MUST_CHECK;

#endif
