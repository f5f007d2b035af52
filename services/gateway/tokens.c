#include "gateway/tokens.h"

#include "auth/keyed_token.h"
#include "base/pack.h"
#include "gateway/cookies.h"

#include <string.h>

#define SECOND_US INT64_C(1000000)

enum {
    TOKEN_MAX = 8192,
    REFRESH_PAYLOAD_SIZE = 16 + 16 + 8 + 8,
    CHALLENGE_PAYLOAD_SIZE = 16 + 16 + 8
};

static const char REFRESH_PURPOSE[] = "refresh";
static const char CHALLENGE_PURPOSE[] = "login-challenge";

static struct text make_refresh(const struct exchange *exchange, const struct tokens_grant *grant)
{
    struct buffer payload;
    buffer_init(&payload, REFRESH_PAYLOAD_SIZE);
    buffer_append(&payload, grant->session_id.bytes, sizeof grant->session_id.bytes);
    buffer_append(&payload, grant->user_id.bytes, sizeof grant->user_id.bytes);
    pack_u64(&payload, (uint64_t)grant->generation);
    pack_u64(&payload, (uint64_t)grant->expires_at_us);
    CHECK(buffer_ok(&payload));
    struct text token = keyed_token_make(&exchange->gateway->hash_key, REFRESH_PURPOSE,
                                         buffer_bytes(&payload), exchange->arena);
    buffer_free(&payload);
    return token;
}

enum err tokens_read_refresh(const struct gateway *gateway, struct text token,
                             struct tokens_grant *ret_grant)
{
    uint8_t payload[REFRESH_PAYLOAD_SIZE];
    enum err err =
        keyed_token_open(&gateway->hash_key, REFRESH_PURPOSE, token, payload, sizeof payload);
    if (err != OK)
        return err;
    struct pack_reader reader = {.rest = {payload, sizeof payload}};
    struct tokens_grant grant = {.roles = 0};
    pack_read(&reader, grant.session_id.bytes, sizeof grant.session_id.bytes);
    pack_read(&reader, grant.user_id.bytes, sizeof grant.user_id.bytes);
    grant.generation = (int64_t)pack_read_u64(&reader);
    grant.expires_at_us = (int64_t)pack_read_u64(&reader);
    *ret_grant = grant;
    return OK;
}

/* Tokens count whole seconds: one lives for one at least, be its session over before. */
static int64_t access_end_us(const struct exchange *exchange, const struct tokens_grant *grant)
{
    int64_t least_us = exchange->received_us + SECOND_US;
    int64_t end_us = exchange->received_us + exchange->gateway->config.access_ttl_ms * 1000;
    end_us = end_us < grant->expires_at_us ? end_us : grant->expires_at_us;
    return end_us > least_us ? end_us : least_us;
}

void tokens_issue(struct exchange *exchange, const struct tokens_grant *grant)
{
    struct auth_claims claims = {.user_id = grant->user_id,
                                 .session_id = grant->session_id,
                                 .account_id = grant->account_id,
                                 .token_id = fill_fresh_id(uuid_owner_hash(grant->user_id)),
                                 .roles = grant->roles,
                                 .issued_at_us = exchange->received_us,
                                 .expires_at_us = access_end_us(exchange, grant)};
    struct text refresh = make_refresh(exchange, grant);
    struct buffer token;
    buffer_init(&token, TOKEN_MAX);
    auth_issue(exchange->gateway->auth, &claims, &token);
    CHECK(buffer_ok(&token));
    int64_t access_s = (claims.expires_at_us - claims.issued_at_us) / SECOND_US;
    exchange->caller.known = true; /* what the session has seen begins here */
    exchange->caller.claims = claims;
    if (exchange->wants_cookies) {
        struct text csrf = cookies_csrf_token(exchange, grant->session_id);
        cookies_set(exchange, buffer_as_text(&token), access_s, refresh,
                    (grant->expires_at_us - exchange->received_us) / SECOND_US);
        exchange->outcome.members =
            arena_printf(exchange->arena,
                         "\"csrf_token\":\"%.*s\",\"token_type\":\"Cookie\",\"expires_in\":%lld",
                         (int)csrf.size, csrf.data, (long long)access_s);
        buffer_free(&token);
        return;
    }
    exchange->outcome.members = arena_printf(exchange->arena,
                                             "\"access_token\":\"%.*s\",\"refresh_token\":\"%.*s\","
                                             "\"token_type\":\"Bearer\",\"expires_in\":%lld",
                                             (int)token.size, (const char *)token.data,
                                             (int)refresh.size, refresh.data, (long long)access_s);
    buffer_free(&token);
}

void tokens_open(struct exchange *exchange, const struct session_opened *session,
                 struct text person)
{
    tokens_issue(exchange,
                 &(struct tokens_grant){.session_id = session->session_id,
                                        .user_id = session->user_id,
                                        .account_id = session->account_id,
                                        .roles = role_bits_of(session->roles, session->roles_count),
                                        .expires_at_us = session->expires_at});
    struct text tokens = exchange->outcome.members;
    exchange->outcome.members =
        arena_printf(exchange->arena, "%.*s,\"user\":%.*s", (int)tokens.size, tokens.data,
                     (int)person.size, person.data);
}

void tokens_challenge(struct exchange *exchange, const struct login_challenged *challenged)
{
    struct outcome *outcome = &exchange->outcome;
    struct buffer payload;
    buffer_init(&payload, CHALLENGE_PAYLOAD_SIZE);
    buffer_append(&payload, challenged->session_id.bytes, sizeof challenged->session_id.bytes);
    buffer_append(&payload, challenged->user_id.bytes, sizeof challenged->user_id.bytes);
    pack_u64(&payload, (uint64_t)challenged->expires_at);
    CHECK(buffer_ok(&payload));
    outcome->challenge = keyed_token_make(&exchange->gateway->hash_key, CHALLENGE_PURPOSE,
                                          buffer_bytes(&payload), exchange->arena);
    outcome->refused = true;
    outcome->code = TEXT("TWO_FACTOR_REQUIRED");
    outcome->message = TEXT("Show a code of your second factor, with this challenge, within five "
                            "minutes: POST /api/v1/auth/login/2fa.");
    buffer_free(&payload);
}

enum err tokens_read_challenge(const struct exchange *exchange, struct text token,
                               struct uuid *ret_session_id, struct uuid *ret_user_id)
{
    uint8_t payload[CHALLENGE_PAYLOAD_SIZE];
    enum err err = keyed_token_open(&exchange->gateway->hash_key, CHALLENGE_PURPOSE, token, payload,
                                    sizeof payload);
    if (err != OK)
        return err;
    struct pack_reader reader = {.rest = {payload, sizeof payload}};
    pack_read(&reader, ret_session_id->bytes, sizeof ret_session_id->bytes);
    pack_read(&reader, ret_user_id->bytes, sizeof ret_user_id->bytes);
    return (int64_t)pack_read_u64(&reader) > exchange->received_us ? OK : ERR_INPUT;
}
