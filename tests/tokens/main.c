/* main.c - prints mutated tokens and what our verifiers think of them, for judge.py:
 *
 *   token_mutants SEED COUNT
 *
 * First two lines with the JSON Web Key Sets of access and of ID tokens; then for each mutant a
 * line of words, family, kind, "refused" or "accepted", size and, accepted, what was read in it;
 * the bytes of the token follow. One in eight is an ID token: RSA takes long to sign.
 */
#include "auth/auth.h"
#include "auth/base64url.h"
#include "auth/id_token.h"
#include "base/time.h"
#include "mutant.h"
#include "seal/seal.h"

#include <inttypes.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOON_US (INT64_C(1795348800) * SECOND_US)
#define ID      "\"00000000-0000-8000-8000-00000000000"

enum { TOKEN_MAX = 1 << 16, OF_ACCESS = 7 };

static struct family access_family(struct buffer *jwks, struct auth **ret_auth)
{
    static char kid[64];
    struct family family = {.header = {.count = 0}};
    signer_init(&family.signer, true);
    char *key = signer_pem(family.signer.key, true),
         *other = signer_pem(family.signer.other, false);
    CHECK(auth_open(text_of(key), ret_auth) == OK);
    CHECK(auth_set_keys(*ret_auth, text_of(key), text_of(other)) == OK);
    OPENSSL_free(key);
    OPENSSL_free(other);
    auth_jwks(*ret_auth, jwks);
    buffer_byte(jwks, '\0');
    CHECK(buffer_ok(jwks)); /* the first key is the one that signs */
    CHECK(sscanf(strstr((const char *)jwks->data, "\"kid\":") + 6, "%60[^,]", kid) == 1);
    object_add(&family.header, "alg", "\"ES256\"");
    object_add(&family.header, "typ", "\"at+jwt\"");
    object_add(&family.header, "kid", kid);
    static const struct member claims[] = {{"iss", "\"bourse\""}, {"aud", "\"bourse\""},
                                           {"sub", ID "1\""},     {"sid", ID "2\""},
                                           {"acc", ID "3\""},     {"roles", "[\"user\"]"},
                                           {"iat", "1795348800"}, {"nbf", "1795348800"},
                                           {"exp", "1795350600"}, {"jti", ID "4\""}};
    for (size_t i = 0; i < COUNT_OF(claims); i++)
        object_add(&family.claims, claims[i].name, claims[i].value);
    return family;
}

static void write_number(EVP_PKEY *key, const char *name, struct buffer *json)
{
    uint8_t bytes[1024];
    BIGNUM *number = NULL;
    CHECK(EVP_PKEY_get_bn_param(key, name, &number) == 1);
    CHECK(BN_num_bytes(number) <= (int)sizeof bytes);
    int size = BN_bn2bin(number, bytes);
    base64url_encode(json, bytes, (size_t)size);
    BN_free(number);
}

static void write_rsa_key(EVP_PKEY *key, const char *kid, struct buffer *json)
{
    buffer_printf(json, "{\"kty\":\"RSA\",\"alg\":\"RS256\",\"kid\":\"%s\",\"n\":\"", kid);
    write_number(key, OSSL_PKEY_PARAM_RSA_N, json);
    buffer_string(json, "\",\"e\":\"");
    write_number(key, OSSL_PKEY_PARAM_RSA_E, json);
    buffer_string(json, "\"}");
}

static struct family identity_family(struct buffer *jwks)
{
    struct family family = {.header = {.count = 0}};
    signer_init(&family.signer, false);
    buffer_string(jwks, "{\"keys\":[");
    write_rsa_key(family.signer.key, "one", jwks);
    buffer_string(jwks, ",");
    write_rsa_key(family.signer.other, "two", jwks);
    buffer_string(jwks, "]}");
    CHECK(buffer_ok(jwks));
    object_add(&family.header, "alg", "\"RS256\"");
    object_add(&family.header, "kid", "\"one\"");
    static const struct member claims[] = {{"iss", "\"https://provider.example\""},
                                           {"aud", "\"bourse\""},
                                           {"sub", "\"ada\""},
                                           {"iat", "1795348800"},
                                           {"exp", "1795350600"},
                                           {"nonce", "\"n-0S6\""},
                                           {"email", "\"ada@example.com\""},
                                           {"email_verified", "true"}};
    for (size_t i = 0; i < COUNT_OF(claims); i++)
        object_add(&family.claims, claims[i].name, claims[i].value);
    return family;
}

static void print_id(struct uuid id)
{
    char text[UUID_TEXT_SIZE];
    uuid_print(id, text);
    printf(" %.*s", UUID_TEXT_SIZE, text);
}

/* The verdict of auth.h, and what it read. */
static void judge_access(struct auth *auth, struct text token)
{
    struct auth_claims claims;
    if (auth_verify(auth, token, NOON_US, &claims) != AUTH_VALID) {
        printf("refused %zu\n", token.size);
        return;
    }
    printf("accepted %zu", token.size);
    print_id(claims.user_id);
    print_id(claims.session_id);
    print_id(claims.account_id);
    print_id(claims.token_id);
    printf(" %" PRId64 " %" PRId64, claims.issued_at_us / SECOND_US,
           claims.expires_at_us / SECOND_US);
    for (size_t i = 0; i < AUTH_ROLE_COUNT; i++) {
        if ((claims.roles & AUTH_ROLE_BIT(i)) != 0)
            printf(" %s", auth_role_name((enum auth_role)i));
    }
    putchar('\n');
}

/* The same of id_token.h: subject and address in hexadecimal. */
static void judge_identity(struct text keys, struct text token)
{
    const struct id_token_wanted wanted = {.issuer = TEXT("https://provider.example"),
                                           .audience = TEXT("bourse"),
                                           .nonce = TEXT("n-0S6"),
                                           .now_us = NOON_US};
    struct arena *arena = arena_new(1 << 23);
    struct id_token read;
    const char *reason = NULL;
    bool good = id_token_verify(token, keys, &wanted, arena, &read, &reason) == OK;
    printf("%s %zu", good ? "accepted" : "refused", token.size);
    if (good) {
        printf(" x");
        for (size_t i = 0; i < read.subject.size; i++)
            printf("%02x", (unsigned char)read.subject.data[i]);
        printf(" x");
        for (size_t i = 0; i < read.email.size; i++)
            printf("%02x", (unsigned char)read.email.data[i]);
        printf(" %s", read.email_verified ? "verified" : "unverified");
    }
    putchar('\n');
    arena_free(arena);
}

int main(int argc, char **argv)
{
    struct auth *auth;
    struct buffer access_keys, identity_keys, token;
    if (argc != 3 || seal_init() != OK)
        return 2;
    uint64_t random = strtoull(argv[1], NULL, 10) * 2 + 1;
    buffer_init(&access_keys, TOKEN_MAX);
    buffer_init(&identity_keys, TOKEN_MAX);
    buffer_init(&token, TOKEN_MAX);
    struct family access = access_family(&access_keys, &auth);
    struct family identity = identity_family(&identity_keys);
    printf("%s\n%.*s\n", (const char *)access_keys.data, (int)identity_keys.size,
           (const char *)identity_keys.data);
    for (long count = strtol(argv[2], NULL, 10); count > 0; count--) {
        buffer_reset(&token);
        bool is_access = random_below(&random, OF_ACCESS + 1) < OF_ACCESS;
        enum mutant_kind kind = mutant_make(is_access ? &access : &identity, &random, &token);
        printf("%s %s ", is_access ? "access" : "identity", mutant_kind_name(kind));
        if (is_access)
            judge_access(auth, buffer_as_text(&token));
        else
            judge_identity(buffer_as_text(&identity_keys), buffer_as_text(&token));
        fwrite(token.data, 1, token.size, stdout);
    }
    signer_free(&access.signer);
    signer_free(&identity.signer);
    auth_free(auth);
    buffer_free(&access_keys);
    buffer_free(&identity_keys);
    buffer_free(&token);
    return fflush(stdout) == 0 ? 0 : 1;
}
