/* auth.h - access tokens: ES256 JWTs of one shape (RFC 9068's "at+jwt"), issued and verified. The
 * only room that knows OpenSSL.
 *
 * Why own  libjwt 1.10.2 takes the algorithm from the token without regard to case, ignores what
 *          follows a bad base64 character, never looks at `exp`, and parses the key at each
 *          verification. Behind the checks that this asks for, nothing of it is left to use; the
 *          signature itself is OpenSSL's work, with a key parsed once.
 * Strict   a token is three canonical base64url segments of at most AUTH_TOKEN_MAX bytes. Its
 * header has exactly alg "ES256", typ "at+jwt" and a kid of ours; any other member refuses it.
 * Cache verified tokens are remembered by their BLAKE2b-256 until they expire. Thread   every
 * function may run on any thread. Time     is an argument; nothing here asks a clock.
 */
#ifndef AUTH_H
#define AUTH_H
#include "base/base.h"
#include "base/buffer.h"
#include "base/uuid.h"

enum { AUTH_TOKEN_MAX = 4096 };

#define AUTH_ROLE_MAP(X)                                                                           \
    X(AUTH_ADMIN, "admin")                                                                         \
    X(AUTH_OPERATOR, "operator")                                                                   \
    X(AUTH_AUDITOR, "auditor")                                                                     \
    X(AUTH_USER, "user")                                                                           \
    X(AUTH_MARKET_MAKER, "market_maker")

enum auth_role {
#define AUTH_ROLE_ENUM(role, name) role,
    AUTH_ROLE_MAP(AUTH_ROLE_ENUM)
#undef AUTH_ROLE_ENUM
        AUTH_ROLE_COUNT
};
/* A role's bit in a set of roles. */
#define AUTH_ROLE_BIT(role) (UINT32_C(1) << (role))

/* The role's name, as tokens and the API write it. Static storage. */
const char *auth_role_name(enum auth_role role);
/* ERR_INPUT: no role is named so. */
enum err auth_role_parse(struct text name, enum auth_role *ret_role) MUST_CHECK;

/* What a token says of its bearer. Times are whole seconds; a fraction is cut off. */
struct auth_claims {
    struct uuid user_id;
    struct uuid session_id;
    struct uuid account_id; /* nil: none */
    struct uuid token_id;   /* fresh for every token */
    uint32_t roles;         /* AUTH_ROLE_BITs */
    int64_t issued_at_us;
    int64_t expires_at_us;
};

struct auth; /* laid out in internal.h only */

/* Takes an EC P-256 private key as PEM, which stays the caller's to wipe; the caller owns
 * *ret_auth. seal_init() comes first. ERR_CONFIG: it is something else. */
enum err auth_open(struct text key_pem, struct auth **ret_auth) MUST_CHECK;
/* NULL does nothing. */
void auth_free(struct auth *auth);
/* Other keys from now on: one that signs, and public ones in `others_pem` (empty: none) whose
 * tokens are good beside, so that keys can be changed while tokens of both are about. What was
 * signed with a key that is no longer named is refused at once. ERR_CONFIG: one is none, or they
 * are too many; nothing has changed. */
enum err auth_set_keys(struct auth *auth, struct text key_pem, struct text others_pem) MUST_CHECK;

/* Appends a signed token; it never reaches AUTH_TOKEN_MAX. CHECKs that it expires after it is
 * issued. A full buffer shows in buffer_ok(). */
void auth_issue(struct auth *auth, const struct auth_claims *claims, struct buffer *token);

enum auth_verdict { AUTH_VALID, AUTH_INVALID, AUTH_EXPIRED };
/* What to think of a token at `now_us`; *ret_claims is set when it is valid only. AUTH_EXPIRED: it
 * was ours and good, too long ago. A token from up to a minute ahead is valid, for other gateways'
 * clocks. Whether its session still lives is the caller's to know. */
enum auth_verdict auth_verify(struct auth *auth, struct text token, int64_t now_us,
                              struct auth_claims *ret_claims) MUST_CHECK;

/* Appends the JSON Web Key Set (RFC 7517) by which others verify our tokens, the key that signs
 * first. */
void auth_jwks(struct auth *auth, struct buffer *json);

#endif
