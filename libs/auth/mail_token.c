#include "auth/mail_token.h"

#include "base/pack.h"

enum { PAYLOAD_SIZE = 16 + 8 + 8 };

struct text mail_token_make(const struct seal_key *key, const char *purpose,
                            const struct mail_token *token, struct arena *arena)
{
    struct buffer payload;
    buffer_init(&payload, PAYLOAD_SIZE);
    buffer_append(&payload, token->user_id.bytes, sizeof token->user_id.bytes);
    pack_u64(&payload, (uint64_t)token->version);
    pack_u64(&payload, (uint64_t)token->expires_at_us);
    CHECK(buffer_ok(&payload));
    struct text text = keyed_token_make(key, purpose, buffer_bytes(&payload), arena);
    buffer_free(&payload);
    return text;
}

enum err mail_token_open(const struct seal_key *key, const char *purpose, struct text text,
                         int64_t now_us, struct mail_token *ret_token)
{
    uint8_t payload[PAYLOAD_SIZE];
    enum err err = keyed_token_open(key, purpose, text, payload, sizeof payload);
    if (err != OK)
        return err;
    struct mail_token token;
    struct pack_reader reader = {.rest = {payload, sizeof payload}};
    pack_read(&reader, token.user_id.bytes, sizeof token.user_id.bytes);
    token.version = (int64_t)pack_read_u64(&reader);
    token.expires_at_us = (int64_t)pack_read_u64(&reader);
    if (token.expires_at_us <= now_us)
        return ERR_INPUT;
    *ret_token = token;
    return OK;
}
