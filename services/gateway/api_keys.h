/* api_keys.h - the API keys that are good, in memory: part of identities.h, and kept as that is.
 *
 * Shape    a key is "bk_" and base64url(its id, 32 random bytes). Nobody keeps that: what is in the
 *          log and here is its keyed hash, and keyed hashes of the networks it may be used from.
 * Rights   what its owner may do now, and of that what its scopes cover.
 * Thread   api_keys_apply() on one thread, the others on any.
 */
#ifndef GATEWAY_API_KEYS_H
#define GATEWAY_API_KEYS_H
#include "base/arena.h"
#include "base/uuid.h"
#include "seal/seal.h"
#include "wire/messages.h"

/* So often the use of a key is told at most. */
#define API_KEYS_TOLD_EVERY_US   (INT64_C(60) * 1000000)
#define API_KEY_SCOPE_BIT(scope) (UINT32_C(1) << (scope))

struct db;
struct api_keys; /* laid out in api_keys.c only */

enum api_key_verdict {
    API_KEY_GOOD,
    API_KEY_UNKNOWN, /* none of ours, or revoked */
    API_KEY_EXPIRED,
    API_KEY_LOCKED,   /* its owner is */
    API_KEY_ELSEWHERE /* the address is in none of its networks */
};

/* What a good key stands for. */
struct api_key_grant {
    struct uuid id;
    struct uuid user_id;
    struct uuid account_id;
    uint32_t roles;        /* ROLE_BITs that it acts with */
    uint32_t scopes;       /* API_KEY_SCOPE_BITs */
    int32_t rate_limit;    /* requests a second; 0: as many as anybody */
    int64_t expires_at_us; /* INT64_MAX: never */
    bool tell;             /* its use is to be told: this is said once a while */
};

/* A new key for this id, in the arena, and its hash. */
struct text api_key_make(const struct seal_key *hash_key, struct uuid id, struct arena *arena,
                         struct keyed_hash *ret_hash);
/* The id in a key, be it good or not. ERR_INPUT: it is no key of this form. */
enum err api_key_parse(struct text key, struct uuid *ret_id) MUST_CHECK;
/* The roles that a key acts with whose owner has these: without the scope admin, a member of the
 * staff is a user like others. */
uint32_t api_key_roles(uint32_t owner_roles, uint32_t scopes);

struct api_keys *api_keys_new(void) MUST_CHECK;
void api_keys_free(struct api_keys *keys);
/* As identities_load(), _want() and _apply(). */
enum err api_keys_load(struct api_keys *keys, struct db *db) MUST_CHECK;
bool api_keys_want(enum event_kind kind);
void api_keys_apply(struct api_keys *keys, const struct event *event);

/* Whether the owner of the key with this id is locked. */
bool api_keys_is_locked(struct api_keys *keys, struct uuid id);
/* What to think of a key that comes from `address`; *ret_grant is set when it is good only. */
enum api_key_verdict api_keys_check(struct api_keys *keys, const struct seal_key *hash_key,
                                    struct text key, struct text address, int64_t now_us,
                                    struct api_key_grant *ret_grant) MUST_CHECK;

#endif
