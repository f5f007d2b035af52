/* verify.c - from a token to its claims. The signature is checked before a claim is looked at, and
 * the header before the signature. */
#include "auth/internal.h"

#include "base/arena.h"
#include "base/time.h"
#include "seal/seal.h"
#include "json/json.h"

#include <string.h>

enum { SKEW_S = 60, SEGMENT_MAX = AUTH_TOKEN_MAX / 4 * 3 };

struct segments {
    struct text header;
    struct text payload;
    struct text signature;
    struct text signed_part; /* header, dot, payload */
};

/* Exactly three segments; whether each is base64url shows later. */
static bool split(struct text token, struct segments *ret_segments)
{
    if (token.size == 0 || token.size > AUTH_TOKEN_MAX)
        return false;
    const char *end = token.data + token.size;
    const char *first = memchr(token.data, '.', token.size);
    if (first == NULL)
        return false;
    const char *second = memchr(first + 1, '.', (size_t)(end - first - 1));
    if (second == NULL)
        return false;
    *ret_segments = (struct segments){
        .header = {token.data, (size_t)(first - token.data)},
        .payload = {first + 1, (size_t)(second - first - 1)},
        .signature = {second + 1, (size_t)(end - second - 1)},
        .signed_part = {token.data, (size_t)(second - token.data)},
    };
    return true;
}

/* The JSON object in a segment. NULL: it holds none. */
static const struct json_value *object_in(struct text segment, struct arena *arena)
{
    uint8_t *bytes = arena_alloc(arena, SEGMENT_MAX);
    size_t size;
    if (base64url_decode(segment, SEGMENT_MAX, bytes, &size) != OK)
        return NULL;
    const struct json_value *value;
    struct json_error error;
    const struct text text = {(const char *)bytes, size};
    if (json_parse(text, SEGMENT_MAX, arena, &value, &error) != OK || value->kind != JSON_OBJECT)
        return NULL;
    return value;
}

static bool string_is(const struct json_value *object, const char *name, struct text expected)
{
    const struct json_value *value = json_value_member(object, name);
    return value != NULL && value->kind == JSON_STRING && text_equal(value->text, expected);
}

/* The key that a header of ours names: it has our three members and no other, so none that brings a
 * key along or a way to read the rest. NULL: it is none of ours. */
static const struct auth_key *key_of(const struct auth_keys *keys, struct text segment,
                                     struct arena *arena)
{
    const struct json_value *header = object_in(segment, arena);
    if (header == NULL || header->count != 3 || !string_is(header, "alg", TEXT("ES256")) ||
        !string_is(header, "typ", TEXT(AUTH_TYPE)))
        return NULL;
    for (size_t i = 0; i < keys->count; i++) {
        if (string_is(header, "kid", (struct text){keys->list[i].kid, AUTH_KID_SIZE}))
            return &keys->list[i];
    }
    return NULL;
}

static bool signature_holds(const struct auth_key *key, const struct segments *segments)
{
    uint8_t signature[AUTH_SIGNATURE_SIZE];
    size_t size;
    return base64url_decode(segments->signature, sizeof signature, signature, &size) == OK &&
           size == sizeof signature && auth_signature_holds(key, segments->signed_part, signature);
}

static bool read_id(const struct json_value *payload, const char *name, struct uuid *ret_id)
{
    const struct json_value *value = json_value_member(payload, name);
    return value != NULL && value->kind == JSON_STRING && uuid_parse(value->text, ret_id) == OK;
}

/* Seconds into microseconds, for a time after 1970. */
static bool read_time(const struct json_value *payload, const char *name, int64_t *ret_time_us)
{
    int64_t time_s;
    return json_value_int(json_value_member(payload, name), &time_s) == OK && time_s > 0 &&
           !__builtin_mul_overflow(time_s, SECOND_US, ret_time_us);
}

static bool read_roles(const struct json_value *payload, uint32_t *ret_roles)
{
    const struct json_value *roles = json_value_member(payload, "roles");
    if (roles == NULL || roles->kind != JSON_ARRAY)
        return false;
    *ret_roles = 0;
    for (const struct json_value *item = roles->first; item != NULL; item = item->next) {
        enum auth_role role;
        if (item->kind != JSON_STRING || auth_role_parse(item->text, &role) != OK)
            return false;
        *ret_roles |= AUTH_ROLE_BIT(role);
    }
    return true;
}

/* All claims that must be there, `nbf` into *ret_not_before_us. Others are no concern of ours. */
static bool read_claims(struct text segment, struct arena *arena, struct auth_claims *ret_claims,
                        int64_t *ret_not_before_us)
{
    *ret_claims = (struct auth_claims){.roles = 0};
    const struct json_value *payload = object_in(segment, arena);
    return payload != NULL && string_is(payload, "iss", TEXT(AUTH_ISSUER)) &&
           string_is(payload, "aud", TEXT(AUTH_ISSUER)) &&
           read_id(payload, "sub", &ret_claims->user_id) &&
           read_id(payload, "sid", &ret_claims->session_id) &&
           read_id(payload, "jti", &ret_claims->token_id) &&
           (json_value_member(payload, "acc") == NULL ||
            read_id(payload, "acc", &ret_claims->account_id)) &&
           read_roles(payload, &ret_claims->roles) &&
           read_time(payload, "iat", &ret_claims->issued_at_us) &&
           read_time(payload, "nbf", ret_not_before_us) &&
           read_time(payload, "exp", &ret_claims->expires_at_us) &&
           ret_claims->expires_at_us > ret_claims->issued_at_us;
}

/* Everything but the cache. */
static enum auth_verdict judge(const struct auth_keys *keys, struct text token, int64_t now_us,
                               struct auth_claims *ret_claims)
{
    struct segments segments;
    if (!split(token, &segments) || segments.header.size > AUTH_TOKEN_MAX / 8)
        return AUTH_INVALID;
    struct arena *arena = arena_new((size_t)2 * (JSON_ARENA_FACTOR + 2) * AUTH_TOKEN_MAX);
    int64_t not_before_us = 0;
    const struct auth_key *key = key_of(keys, segments.header, arena);
    bool good = key != NULL && signature_holds(key, &segments) &&
                read_claims(segments.payload, arena, ret_claims, &not_before_us);
    arena_free(arena);
    int64_t latest_us = now_us + SKEW_S * SECOND_US;
    if (!good || ret_claims->issued_at_us > latest_us || not_before_us > latest_us)
        return AUTH_INVALID;
    return now_us < ret_claims->expires_at_us ? AUTH_VALID : AUTH_EXPIRED;
}

/* By the keys of now, or the cache of what they have verified. */
static enum auth_verdict verify(struct auth *auth, struct text token, int64_t now_us,
                                struct auth_claims *ret_claims)
{
    uint8_t hash[TOKEN_HASH_SIZE];
    seal_hash_of(token.data, token.size, hash);
    pthread_mutex_lock(&auth->lock);
    bool known = token_cache_find(auth->cache, hash, ret_claims);
    pthread_mutex_unlock(&auth->lock);
    if (known)
        return now_us < ret_claims->expires_at_us ? AUTH_VALID : AUTH_EXPIRED;
    enum auth_verdict verdict = judge(&auth->keys, token, now_us, ret_claims);
    if (verdict != AUTH_VALID)
        return verdict;
    pthread_mutex_lock(&auth->lock);
    token_cache_put(auth->cache, hash, ret_claims);
    pthread_mutex_unlock(&auth->lock);
    return AUTH_VALID;
}

enum auth_verdict auth_verify(struct auth *auth, struct text token, int64_t now_us,
                              struct auth_claims *ret_claims)
{
    if (token.size > AUTH_TOKEN_MAX)
        return AUTH_INVALID;
    struct auth_claims claims;
    pthread_rwlock_rdlock(&auth->keys_lock);
    enum auth_verdict verdict = verify(auth, token, now_us, &claims);
    pthread_rwlock_unlock(&auth->keys_lock);
    if (verdict == AUTH_VALID)
        *ret_claims = claims;
    return verdict;
}
