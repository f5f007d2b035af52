/* issue.c - roles, new tokens, and the key set for others. */
#include "auth/auth.h"
#include "auth/internal.h"

#include "base/time.h"

#include <inttypes.h>

static const char *const ROLE_NAMES[] = {
#define ROLE_NAME(role, name) name,
    AUTH_ROLE_MAP(ROLE_NAME)
#undef ROLE_NAME
};

const char *auth_role_name(enum auth_role role)
{
    CHECK((size_t)role < COUNT_OF(ROLE_NAMES));
    return ROLE_NAMES[role];
}

enum err auth_role_parse(struct text name, enum auth_role *ret_role)
{
    for (size_t i = 0; i < COUNT_OF(ROLE_NAMES); i++) {
        if (text_is(name, ROLE_NAMES[i])) {
            *ret_role = (enum auth_role)i;
            return OK;
        }
    }
    return ERR_INPUT;
}

static void write_id(struct buffer *json, const char *name, struct uuid id)
{
    char text[UUID_TEXT_SIZE];
    uuid_print(id, text);
    buffer_printf(json, ",\"%s\":\"%.*s\"", name, UUID_TEXT_SIZE, text);
}

static void write_roles(struct buffer *json, uint32_t roles)
{
    const char *separator = "";
    buffer_string(json, ",\"roles\":[");
    for (size_t i = 0; i < AUTH_ROLE_COUNT; i++) {
        if ((roles & AUTH_ROLE_BIT(i)) == 0)
            continue;
        buffer_printf(json, "%s\"%s\"", separator, ROLE_NAMES[i]);
        separator = ",";
    }
    buffer_string(json, "]");
}

static void write_claims(struct buffer *json, const struct auth_claims *claims)
{
    int64_t issued_at_s = claims->issued_at_us / SECOND_US;
    buffer_printf(json, "{\"iss\":\"%s\",\"aud\":\"%s\"", AUTH_ISSUER, AUTH_ISSUER);
    write_id(json, "sub", claims->user_id);
    write_id(json, "sid", claims->session_id);
    if (!uuid_is_nil(claims->account_id))
        write_id(json, "acc", claims->account_id);
    write_roles(json, claims->roles);
    buffer_printf(json, ",\"iat\":%" PRId64 ",\"nbf\":%" PRId64 ",\"exp\":%" PRId64, issued_at_s,
                  issued_at_s, claims->expires_at_us / SECOND_US);
    write_id(json, "jti", claims->token_id);
    buffer_string(json, "}");
}

/* Appends `json` in base64url and empties it. */
static void write_segment(struct buffer *token, struct buffer *json)
{
    CHECK(buffer_ok(json));
    base64url_encode(token, json->data, json->size);
    buffer_reset(json);
}

void auth_issue(struct auth *auth, const struct auth_claims *claims, struct buffer *token)
{
    CHECK(claims->issued_at_us >= 0);
    CHECK(claims->expires_at_us / SECOND_US > claims->issued_at_us / SECOND_US);
    struct buffer json;
    struct buffer made;
    uint8_t signature[AUTH_SIGNATURE_SIZE];
    buffer_init(&json, AUTH_TOKEN_MAX / 2);
    buffer_init(&made, AUTH_TOKEN_MAX);
    pthread_rwlock_rdlock(&auth->keys_lock);
    const struct auth_key *key = &auth->keys.list[0];
    buffer_printf(&json, "{\"alg\":\"ES256\",\"typ\":\"%s\",\"kid\":\"%.*s\"}", AUTH_TYPE,
                  AUTH_KID_SIZE, key->kid);
    write_segment(&made, &json);
    buffer_byte(&made, '.');
    write_claims(&json, claims);
    write_segment(&made, &json);
    auth_sign(key, buffer_as_text(&made), signature);
    pthread_rwlock_unlock(&auth->keys_lock);
    buffer_byte(&made, '.');
    base64url_encode(&made, signature, sizeof signature);
    CHECK(buffer_ok(&made));
    buffer_text(token, buffer_as_text(&made));
    buffer_free(&made);
    buffer_free(&json);
}

static void write_key(const struct auth_key *key, struct buffer *json)
{
    buffer_printf(json,
                  "{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"sig\","
                  "\"alg\":\"ES256\",\"kid\":\"%.*s\",\"x\":\"",
                  AUTH_KID_SIZE, key->kid);
    base64url_encode(json, key->x, sizeof key->x);
    buffer_string(json, "\",\"y\":\"");
    base64url_encode(json, key->y, sizeof key->y);
    buffer_string(json, "\"}");
}

void auth_jwks(struct auth *auth, struct buffer *json)
{
    buffer_string(json, "{\"keys\":[");
    pthread_rwlock_rdlock(&auth->keys_lock);
    for (size_t i = 0; i < auth->keys.count; i++) {
        buffer_string(json, i > 0 ? "," : "");
        write_key(&auth->keys.list[i], json);
    }
    pthread_rwlock_unlock(&auth->keys_lock);
    buffer_string(json, "]}");
}
