/* id_token.h - ID tokens of an OpenID provider (OpenID Connect Core 1.0, 3.1.3.7): JWTs that it
 * signed with RS256, which every provider can, by a key of its published set.
 *
 * Strict   the algorithm is RS256 and no other, the key one of the set with the token's kid (or the
 *          only one), RSA of 2048 bits at least. Issuer, audience, nonce and time must be right.
 * Pure.
 */
#ifndef AUTH_ID_TOKEN_H
#define AUTH_ID_TOKEN_H
#include "base/arena.h"
#include "base/base.h"

enum { ID_TOKEN_MAX = 1 << 14, ID_TOKEN_KEYS_MAX = 1 << 17 };

/* What a token must say. */
struct id_token_wanted {
    struct text issuer;
    struct text audience; /* our client id */
    struct text nonce;
    int64_t now_us;
};

struct id_token {
    struct text subject;
    struct text email; /* empty: it says none */
    bool email_verified;
};

/* What a token says, by the key set `keys` (RFC 7517, JSON); texts in `arena`. ERR_DENIED:
 * *ret_reason says what is wrong with it. */
enum err id_token_verify(struct text token, struct text keys, const struct id_token_wanted *wanted,
                         struct arena *arena, struct id_token *ret_token,
                         const char **ret_reason) MUST_CHECK;

#endif
