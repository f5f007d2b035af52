#include "auth/auth.h"
#include "auth/internal.h"

#include "base/time.h"
#include "seal/seal.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOON_US         (INT64_C(1795348800) * SECOND_US)
#define HALF_AN_HOUR_US (1800 * SECOND_US)

static struct auth *auth;

static const struct auth_claims CLAIMS = {
    .user_id = {{1, 2, 3}},
    .session_id = {{4, 5, 6}},
    .account_id = {{7, 8, 9}},
    .token_id = {{10}},
    .roles = AUTH_ROLE_BIT(AUTH_USER) | AUTH_ROLE_BIT(AUTH_MARKET_MAKER),
    .issued_at_us = NOON_US,
    .expires_at_us = NOON_US + HALF_AN_HOUR_US,
};

/* What auth_open() makes of a key; `key` is freed. */
static enum err open_key(EVP_PKEY *key, struct auth **ret_auth)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *pem = NULL;
    assert_int_equal(PEM_write_bio_PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL), 1);
    long size = BIO_get_mem_data(memory, &pem);
    enum err err = auth_open((struct text){pem, (size_t)size}, ret_auth);
    BIO_free(memory);
    EVP_PKEY_free(key);
    return err;
}

static int new_auth(void **state)
{
    (void)state;
    return open_key(EVP_EC_gen("P-256"), &auth) != OK;
}

static int free_auth(void **state)
{
    (void)state;
    auth_free(auth);
    return 0;
}

static void issue(const struct auth_claims *claims, struct buffer *token)
{
    buffer_init(token, AUTH_TOKEN_MAX);
    auth_issue(auth, claims, token);
    assert_true(buffer_ok(token));
}

static enum auth_verdict verify_at(struct text token, int64_t now_us)
{
    struct auth_claims claims;
    return auth_verify(auth, token, now_us, &claims);
}

/* A token of any header and payload, signed with our own key. */
static struct text signed_token(const char *header, const char *payload, struct buffer *token)
{
    uint8_t signature[AUTH_SIGNATURE_SIZE];
    buffer_init(token, 2 * AUTH_TOKEN_MAX);
    base64url_encode(token, header, strlen(header));
    buffer_byte(token, '.');
    base64url_encode(token, payload, strlen(payload));
    auth_sign(&auth->keys.list[0], buffer_as_text(token), signature);
    buffer_byte(token, '.');
    base64url_encode(token, signature, sizeof signature);
    return buffer_as_text(token);
}

static void good_header(char ret_header[200])
{
    snprintf(ret_header, 200, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\"}",
             AUTH_KID_SIZE, auth->keys.list[0].kid);
}

#define ID       "00000000-0000-8000-8000-000000000001"
#define IDENTITY "\"sub\":\"" ID "\",\"sid\":\"" ID "\",\"jti\":\"" ID "\",\"roles\":[\"user\"]"
#define TIMES    "\"iat\":1795348800,\"nbf\":1795348800,\"exp\":1795350600"
#define PARTIES  "\"iss\":\"bourse\",\"aud\":\"bourse\""

static void an_issued_token_gives_its_claims_back(void **state)
{
    (void)state;
    struct buffer token;
    struct auth_claims claims;
    issue(&CLAIMS, &token);
    for (int round = 0; round < 2; round++) { /* the second comes from the cache */
        assert_int_equal(auth_verify(auth, buffer_as_text(&token), NOON_US, &claims), AUTH_VALID);
        assert_true(uuid_equal(claims.user_id, CLAIMS.user_id));
        assert_true(uuid_equal(claims.session_id, CLAIMS.session_id));
        assert_true(uuid_equal(claims.account_id, CLAIMS.account_id));
        assert_true(uuid_equal(claims.token_id, CLAIMS.token_id));
        assert_int_equal(claims.roles, CLAIMS.roles);
        assert_true(claims.issued_at_us == CLAIMS.issued_at_us);
        assert_true(claims.expires_at_us == CLAIMS.expires_at_us);
    }
    buffer_free(&token);
}

static void the_largest_token_fits(void **state)
{
    (void)state;
    struct buffer token;
    struct auth_claims claims = CLAIMS;
    claims.roles = AUTH_ROLE_BIT(AUTH_ROLE_COUNT) - 1;
    issue(&claims, &token);
    assert_true(token.size < AUTH_TOKEN_MAX);
    assert_int_equal(verify_at(buffer_as_text(&token), NOON_US), AUTH_VALID);
    buffer_free(&token);
}

static void no_account_is_the_nil_id(void **state)
{
    (void)state;
    struct buffer token;
    struct auth_claims claims = CLAIMS;
    claims.account_id = (struct uuid){{0}};
    issue(&claims, &token);
    claims = CLAIMS;
    assert_int_equal(auth_verify(auth, buffer_as_text(&token), NOON_US, &claims), AUTH_VALID);
    assert_true(uuid_is_nil(claims.account_id));
    buffer_free(&token);
}

static void a_token_is_valid_from_its_issue_to_its_expiry(void **state)
{
    (void)state;
    struct buffer token;
    issue(&CLAIMS, &token);
    const struct text text = buffer_as_text(&token);
    const int64_t end_us = NOON_US + HALF_AN_HOUR_US;
    assert_int_equal(verify_at(text, NOON_US - 61 * SECOND_US), AUTH_INVALID);
    assert_int_equal(verify_at(text, end_us), AUTH_EXPIRED); /* not cached yet */
    assert_int_equal(verify_at(text, NOON_US - 60 * SECOND_US), AUTH_VALID);
    assert_int_equal(verify_at(text, end_us - 1), AUTH_VALID);
    assert_int_equal(verify_at(text, end_us), AUTH_EXPIRED); /* cached */
    buffer_free(&token);
}

static void a_token_of_another_key_is_refused(void **state)
{
    (void)state;
    struct buffer token;
    struct auth *other;
    assert_int_equal(open_key(EVP_EC_gen("P-256"), &other), OK);
    buffer_init(&token, AUTH_TOKEN_MAX);
    auth_issue(other, &CLAIMS, &token);
    assert_int_equal(verify_at(buffer_as_text(&token), NOON_US), AUTH_INVALID);

    buffer_reset(&token); /* even when it claims our key's name */
    memcpy(other->keys.list[0].kid, auth->keys.list[0].kid, sizeof other->keys.list[0].kid);
    auth_issue(other, &CLAIMS, &token);
    assert_int_equal(verify_at(buffer_as_text(&token), NOON_US), AUTH_INVALID);
    buffer_free(&token);
    auth_free(other);
}

static void only_our_header_is_accepted(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "{\"alg\":\"none\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\"}",
        "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\"}",
        "{\"alg\":\"es256\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\"}",
        "{\"alg\":\"ES384\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\"}",
        "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"%.*s\"}",
        "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"x%.*s\"}",
        "{\"alg\":\"ES256\",\"kid\":\"%.*s\"}",
        "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\",\"crit\":[]}",
        "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\",\"jku\":\"https://e.org\"}",
        "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\",\"jwk\":{}}",
        "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\",\"x5u\":\"\"}",
        "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\",\"x5c\":[]}",
        "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\",\"zip\":\"DEF\"}",
        "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\",\"b64\":false}",
        "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\",\"alg\":\"ES256\"}",
        "[\"ES256\",\"%.*s\"]",
        "",
    };
    const char payload[] = "{" PARTIES "," IDENTITY "," TIMES "}";
    struct buffer token;
    char header[200];
    good_header(header);
    assert_int_equal(verify_at(signed_token(header, payload, &token), NOON_US), AUTH_VALID);
    buffer_free(&token);
    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        const char *percent = strchr(headers[i], '%');
        if (percent != NULL)
            snprintf(header, sizeof header, "%.*s%.*s%s", (int)(percent - headers[i]), headers[i],
                     AUTH_KID_SIZE, auth->keys.list[0].kid, percent + 4);
        else
            header[0] = '\0';
        if (verify_at(signed_token(header, payload, &token), NOON_US) != AUTH_INVALID)
            fail_msg("accepted: %s", header);
        buffer_free(&token);
    }
}

static void only_complete_claims_for_us_are_accepted(void **state)
{
    (void)state;
    static const char *const payloads[] = {
        "{\"iss\":\"other\",\"aud\":\"bourse\"," IDENTITY "," TIMES "}",
        "{\"iss\":\"bourse\",\"aud\":\"other\"," IDENTITY "," TIMES "}",
        "{\"iss\":\"bourse\",\"aud\":[\"bourse\"]," IDENTITY "," TIMES "}",
        "{\"iss\":\"bourse\"," IDENTITY "," TIMES "}",
        "{" PARTIES "," TIMES "}",
        "{" PARTIES "," IDENTITY ",\"sub\":\"" ID "\"," TIMES "}",
        "{" PARTIES ",\"sub\":\"x\",\"sid\":\"" ID "\",\"jti\":\"" ID "\",\"roles\":[]," TIMES "}",
        "{" PARTIES "," IDENTITY "," TIMES ",\"acc\":\"x\"}",
        "{" PARTIES "," IDENTITY "," TIMES ",\"acc\":null}",
        "{" PARTIES ",\"sub\":\"" ID "\",\"sid\":\"" ID "\",\"jti\":\"" ID
        "\",\"roles\":[\"root\"]," TIMES "}",
        "{" PARTIES ",\"sub\":\"" ID "\",\"sid\":\"" ID "\",\"jti\":\"" ID
        "\",\"roles\":\"admin\"," TIMES "}",
        "{" PARTIES "," IDENTITY ",\"iat\":1795348800,\"nbf\":1795348800}",
        "{" PARTIES "," IDENTITY ",\"iat\":1795348800,\"exp\":1795350600}",
        "{" PARTIES "," IDENTITY ",\"nbf\":1795348800,\"exp\":1795350600}",
        "{" PARTIES "," IDENTITY ",\"iat\":1795348800,\"nbf\":1795348800,\"exp\":\"1795350600\"}",
        "{" PARTIES "," IDENTITY ",\"iat\":1795348800,\"nbf\":1795348800,\"exp\":1.8e9}",
        "{" PARTIES "," IDENTITY ",\"iat\":1795348800,\"nbf\":1795348800,\"exp\":9e99}",
        "{" PARTIES "," IDENTITY
        ",\"iat\":1795348800,\"nbf\":1795348800,\"exp\":9223372036854775807}",
        "{" PARTIES "," IDENTITY ",\"iat\":1795348800,\"nbf\":1795348800,\"exp\":-1}",
        "{" PARTIES "," IDENTITY ",\"iat\":1795348800,\"nbf\":1795349000,\"exp\":1795350600}",
        "{" PARTIES "," IDENTITY ",\"iat\":1795349000,\"nbf\":1795348800,\"exp\":1795350600}",
        "{" PARTIES "," IDENTITY "," TIMES "} ,",
        "\"bourse\"",
        "",
    };
    struct buffer token;
    char header[200];
    good_header(header);
    for (size_t i = 0; i < COUNT_OF(payloads); i++) {
        if (verify_at(signed_token(header, payloads[i], &token), NOON_US) != AUTH_INVALID)
            fail_msg("accepted: %s", payloads[i]);
        buffer_free(&token);
    }
}

static void only_three_whole_segments_are_a_token(void **state)
{
    (void)state;
    static const char *const additions[] = {".", ".e30", "=", "A", "AAAA", " ", "\n", "!", "&a=b"};
    struct buffer token;
    issue(&CLAIMS, &token);
    const size_t size = token.size;
    for (size_t i = 0; i < COUNT_OF(additions); i++) {
        buffer_string(&token, additions[i]);
        assert_int_equal(verify_at(buffer_as_text(&token), NOON_US), AUTH_INVALID);
        token.size = size;
    }
    for (size_t cut = 0; cut < size; cut++) {
        const struct text shorter = {(const char *)token.data, cut};
        assert_int_equal(verify_at(shorter, NOON_US), AUTH_INVALID);
    }
    assert_int_equal(verify_at((struct text){NULL, 0}, NOON_US), AUTH_INVALID);
    assert_int_equal(verify_at(TEXT(".."), NOON_US), AUTH_INVALID);
    assert_int_equal(verify_at(buffer_as_text(&token), NOON_US), AUTH_VALID);
    buffer_free(&token);
}

static void a_token_past_the_maximum_is_refused(void **state)
{
    (void)state;
    struct buffer token;
    char header[200];
    char payload[AUTH_TOKEN_MAX];
    good_header(header);
    const int paddings[] = {2400, 3000};
    const enum auth_verdict verdicts[] = {AUTH_VALID, AUTH_INVALID};
    for (size_t i = 0; i < COUNT_OF(paddings); i++) {
        snprintf(payload, sizeof payload, "{" PARTIES "," IDENTITY "," TIMES ",\"x\":\"%0*d\"}",
                 paddings[i], 0);
        assert_int_equal(verify_at(signed_token(header, payload, &token), NOON_US), verdicts[i]);
        buffer_free(&token);
    }
}

/* r and s of zero, of the order and beyond: what verifiers without a range check have taken. */
static void signatures_out_of_range_are_refused(void **state)
{
    (void)state;
    uint8_t signature[AUTH_SIGNATURE_SIZE];
    memset(signature, 0, sizeof signature);
    assert_false(auth_signature_holds(&auth->keys.list[0], TEXT("a.b"), signature));
    memset(signature, 0xff, sizeof signature);
    assert_false(auth_signature_holds(&auth->keys.list[0], TEXT("a.b"), signature));
    auth_sign(&auth->keys.list[0], TEXT("a.b"), signature);
    assert_true(auth_signature_holds(&auth->keys.list[0], TEXT("a.b"), signature));
    assert_false(auth_signature_holds(&auth->keys.list[0], TEXT("a.c"), signature));
    memset(signature + AUTH_NUMBER_SIZE, 0, AUTH_NUMBER_SIZE);
    assert_false(auth_signature_holds(&auth->keys.list[0], TEXT("a.b"), signature));
}

/* A generator of our own: the same tokens on every machine for a seed. */
static uint32_t next_random(uint32_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 17;
    *random ^= *random << 5;
    return *random;
}

static void no_mutated_token_is_ever_accepted(void **state)
{
    (void)state;
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ";
    uint32_t random = 20261122;
    struct buffer token;
    char mutated[AUTH_TOKEN_MAX];
    issue(&CLAIMS, &token);
    print_message("seed %u\n", random);
    for (int round = 0; round < 100000; round++) {
        memcpy(mutated, token.data, token.size);
        for (uint32_t i = next_random(&random) % 3 + 1; i > 0; i--)
            mutated[next_random(&random) % token.size] =
                letters[next_random(&random) % (sizeof letters - 1)];
        if (memcmp(mutated, token.data, token.size) == 0)
            continue;
        const struct text text = {mutated, token.size};
        if (verify_at(text, NOON_US) != AUTH_INVALID)
            fail_msg("accepted in round %d: %.*s", round, (int)text.size, text.data);
    }
    buffer_free(&token);
}

static void *verify_often(void *argument)
{
    const struct text *tokens = argument;
    for (int i = 0; i < 400; i++)
        if (verify_at(tokens[i % 4], NOON_US) != AUTH_VALID)
            return "refused";
    return NULL;
}

static void threads_share_one_key_and_one_cache(void **state)
{
    (void)state;
    struct buffer buffers[4];
    struct text tokens[4];
    pthread_t threads[4];
    for (size_t i = 0; i < COUNT_OF(tokens); i++) {
        issue(&CLAIMS, &buffers[i]);
        tokens[i] = buffer_as_text(&buffers[i]);
    }
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, verify_often, tokens), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        void *failure = NULL;
        assert_int_equal(pthread_join(threads[i], &failure), 0);
        assert_null(failure);
    }
    for (size_t i = 0; i < COUNT_OF(tokens); i++)
        buffer_free(&buffers[i]);
}

static void only_p256_keys_are_taken(void **state)
{
    (void)state;
    struct auth *other = NULL;
    assert_int_equal(open_key(EVP_EC_gen("P-384"), &other), ERR_CONFIG);
    assert_int_equal(open_key(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), &other), ERR_CONFIG);
    assert_int_equal(auth_open(TEXT("no key"), &other), ERR_CONFIG);
    assert_int_equal(auth_open(TEXT(""), &other), ERR_CONFIG);
    assert_null(other);
}

static void the_key_set_names_the_key(void **state)
{
    (void)state;
    struct buffer json;
    char kid[64];
    buffer_init(&json, 1000);
    auth_jwks(auth, &json);
    buffer_byte(&json, 0);
    snprintf(kid, sizeof kid, "\"kid\":\"%.*s\"", AUTH_KID_SIZE, auth->keys.list[0].kid);
    assert_non_null(strstr((const char *)json.data, kid));
    assert_non_null(strstr((const char *)json.data, "\"crv\":\"P-256\""));
    assert_null(strstr((const char *)json.data, "\"d\":"));
    buffer_free(&json);
}

static void roles_are_named_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < AUTH_ROLE_COUNT; i++) {
        enum auth_role role;
        assert_int_equal(auth_role_parse(text_of(auth_role_name((enum auth_role)i)), &role), OK);
        assert_int_equal(role, i);
    }
    enum auth_role untouched = AUTH_AUDITOR;
    assert_int_equal(auth_role_parse(TEXT("Admin"), &untouched), ERR_INPUT);
    assert_int_equal(untouched, AUTH_AUDITOR);
}

static void base64url_is_canonical(void **state)
{
    (void)state;
    static const char *const bad[] = {"A", "AAAAA", "AB", "AAB", "AA=", "AA==", "A+", "A/", "A "};
    uint8_t data[64];
    size_t size = 0;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(base64url_decode(text_of(bad[i]), sizeof data, data, &size), ERR_INPUT);
    assert_int_equal(base64url_decode(TEXT("-_-_"), 3, data, &size), OK);
    assert_int_equal(size, 3);
    assert_memory_equal(data, "\xfb\xff\xbf", 3);
    assert_int_equal(base64url_decode(TEXT("AAAA"), 2, data, &size), ERR_FULL);
    for (size_t length = 0; length < 40; length++) {
        uint8_t random[40];
        struct buffer text;
        buffer_init(&text, 100);
        seal_random(random, length);
        base64url_encode(&text, random, length);
        assert_int_equal(text.size, BASE64URL_SIZE(length));
        assert_int_equal(base64url_decode(buffer_as_text(&text), length, data, &size), OK);
        assert_int_equal(size, length);
        if (length > 0)
            assert_memory_equal(data, random, length);
        buffer_free(&text);
    }
}

int main(void)
{
    if (seal_init() != OK)
        return 1;
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_auth, free_auth)
    const struct CMUnitTest tests[] = {
        TEST(an_issued_token_gives_its_claims_back),
        TEST(the_largest_token_fits),
        TEST(no_account_is_the_nil_id),
        TEST(a_token_is_valid_from_its_issue_to_its_expiry),
        TEST(a_token_of_another_key_is_refused),
        TEST(only_our_header_is_accepted),
        TEST(only_complete_claims_for_us_are_accepted),
        TEST(only_three_whole_segments_are_a_token),
        TEST(a_token_past_the_maximum_is_refused),
        TEST(signatures_out_of_range_are_refused),
        TEST(no_mutated_token_is_ever_accepted),
        TEST(threads_share_one_key_and_one_cache),
        TEST(only_p256_keys_are_taken),
        TEST(the_key_set_names_the_key),
        cmocka_unit_test(roles_are_named_both_ways),
        cmocka_unit_test(base64url_is_canonical),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
