#include "auth/keyed_token.h"

#include "auth/base64url.h"

#include <string.h>

enum { HASH_SIZE = 32, PURPOSE_SIZE_MAX = 32 };

/* The purpose fills a field of its own size, so that it never runs into what follows. */
static void hash(const struct seal_key *key, const char *purpose, struct bytes payload,
                 uint8_t ret_hash[HASH_SIZE])
{
    uint8_t all[PURPOSE_SIZE_MAX + KEYED_TOKEN_PAYLOAD_MAX] = {0};
    CHECK(strlen(purpose) < PURPOSE_SIZE_MAX && payload.size <= KEYED_TOKEN_PAYLOAD_MAX);
    memcpy(all, purpose, strlen(purpose));
    memcpy(all + PURPOSE_SIZE_MAX, payload.data, payload.size);
    seal_keyed_hash32(key, all, PURPOSE_SIZE_MAX + payload.size, ret_hash);
}

struct text keyed_token_make(const struct seal_key *key, const char *purpose, struct bytes payload,
                             struct arena *arena)
{
    uint8_t whole[KEYED_TOKEN_PAYLOAD_MAX + HASH_SIZE];
    hash(key, purpose, payload, whole + payload.size);
    memcpy(whole, payload.data, payload.size);
    struct buffer token;
    buffer_init(&token, BASE64URL_SIZE(sizeof whole));
    base64url_encode(&token, whole, payload.size + HASH_SIZE);
    CHECK(buffer_ok(&token));
    struct text text = arena_text(arena, buffer_as_text(&token));
    buffer_free(&token);
    return text;
}

enum err keyed_token_open(const struct seal_key *key, const char *purpose, struct text token,
                          void *ret_payload, size_t size)
{
    uint8_t whole[KEYED_TOKEN_PAYLOAD_MAX + HASH_SIZE], expected[HASH_SIZE];
    size_t whole_size;
    CHECK(size <= KEYED_TOKEN_PAYLOAD_MAX);
    if (base64url_decode(token, sizeof whole, whole, &whole_size) != OK ||
        whole_size != size + HASH_SIZE)
        return ERR_INPUT;
    hash(key, purpose, (struct bytes){whole, size}, expected);
    if (!seal_equal((struct bytes){expected, HASH_SIZE}, (struct bytes){whole + size, HASH_SIZE}))
        return ERR_INPUT;
    memcpy(ret_payload, whole, size);
    return OK;
}
