/* What of a provider's token is believed. */
#include "auth/base64url.h"
#include "auth/id_token.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_MAX = 8192 };

#define NOW_S 1795348800

struct scene {
    EVP_PKEY *key;
    struct arena *arena;
    struct buffer keys; /* its set */
};

static struct id_token_wanted wanted(void)
{
    return (struct id_token_wanted){.issuer = TEXT("https://login.test"),
                                    .audience = TEXT("bourse"),
                                    .nonce = TEXT("n1"),
                                    .now_us = NOW_S * INT64_C(1000000)};
}

static void write_number(struct buffer *json, EVP_PKEY *key, const char *name)
{
    uint8_t bytes[512];
    BIGNUM *number = NULL;
    assert_int_equal(EVP_PKEY_get_bn_param(key, name, &number), 1);
    base64url_encode(json, bytes, (size_t)BN_bn2bin(number, bytes));
    BN_free(number);
}

static void write_keys(struct scene *scene, const char *kid)
{
    buffer_reset(&scene->keys);
    buffer_printf(&scene->keys, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"%s\",\"n\":\"", kid);
    write_number(&scene->keys, scene->key, OSSL_PKEY_PARAM_RSA_N);
    buffer_string(&scene->keys, "\",\"e\":\"");
    write_number(&scene->keys, scene->key, OSSL_PKEY_PARAM_RSA_E);
    buffer_string(&scene->keys, "\"}]}");
    assert_true(buffer_ok(&scene->keys));
}

static int set_up(void **state)
{
    static struct scene scene;
    scene = (struct scene){.key = EVP_RSA_gen(2048), .arena = arena_new(1 << 20)};
    buffer_init(&scene.keys, TEXT_MAX);
    write_keys(&scene, "k1");
    *state = &scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    EVP_PKEY_free(scene->key);
    arena_free(scene->arena);
    buffer_free(&scene->keys);
    return 0;
}

static struct text sign(struct scene *scene, const char *header, const char *payload)
{
    uint8_t signature[512];
    size_t size = sizeof signature;
    struct buffer token;
    buffer_init(&token, TEXT_MAX);
    base64url_encode(&token, header, strlen(header));
    buffer_byte(&token, '.');
    base64url_encode(&token, payload, strlen(payload));
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, scene->key), 1);
    assert_int_equal(EVP_DigestSign(context, signature, &size, token.data, token.size), 1);
    EVP_MD_CTX_free(context);
    buffer_byte(&token, '.');
    base64url_encode(&token, signature, size);
    struct text copy = arena_text(scene->arena, buffer_as_text(&token));
    buffer_free(&token);
    return copy;
}

static const char HEADER[] = "{\"alg\":\"RS256\",\"kid\":\"k1\"}";
static const char PAYLOAD[] =
    "{\"iss\":\"https://login.test\",\"aud\":\"bourse\",\"nonce\":\"n1\",\"sub\":\"s\","
    "\"iat\":1795348790,\"exp\":1795349000,\"email\":\"ada@example.com\","
    "\"email_verified\":true}";

static enum err verify(struct scene *scene, struct text token, struct id_token *ret_token)
{
    const char *reason = NULL;
    struct id_token_wanted what = wanted();
    enum err err = id_token_verify(token, buffer_as_text(&scene->keys), &what, scene->arena,
                                   ret_token, &reason);
    assert_int_equal(err == OK, reason == NULL);
    return err;
}

static void assert_denied(struct scene *scene, struct text token)
{
    struct id_token said;
    assert_int_equal(verify(scene, token, &said), ERR_DENIED);
}

static void a_token_of_the_providers_is_believed(void **state)
{
    struct scene *scene = *state;
    struct id_token said;
    assert_int_equal(verify(scene, sign(scene, HEADER, PAYLOAD), &said), OK);
    assert_true(text_is(said.email, "ada@example.com"));
    assert_true(text_is(said.subject, "s"));
    assert_true(said.email_verified);
    assert_int_equal(verify(scene, sign(scene, "{\"alg\":\"RS256\"}", PAYLOAD), &said), OK);
}

static void another_algorithm_or_key_is_not(void **state)
{
    struct scene *scene = *state;
    static const char *const HEADERS[] = {"{\"alg\":\"none\",\"kid\":\"k1\"}",
                                          "{\"alg\":\"HS256\",\"kid\":\"k1\"}",
                                          "{\"alg\":\"rs256\",\"kid\":\"k1\"}",
                                          "{\"alg\":\"RS256\",\"kid\":\"k2\"}",
                                          "{\"alg\":\"RS256\",\"kid\":\"k1\",\"crit\":[\"x\"]}",
                                          "{\"alg\":\"RS256\",\"kid\":\"k1\",\"b64\":false}",
                                          "[]"};
    for (size_t i = 0; i < COUNT_OF(HEADERS); i++)
        assert_denied(scene, sign(scene, HEADERS[i], PAYLOAD));
    struct text token = sign(scene, HEADER, PAYLOAD);
    EVP_PKEY_free(scene->key);
    scene->key = EVP_RSA_gen(2048);
    write_keys(scene, "k1");
    assert_denied(scene, token);
    EVP_PKEY_free(scene->key);
    scene->key = EVP_RSA_gen(1024); /* too weak, though it signs well */
    write_keys(scene, "k1");
    assert_denied(scene, sign(scene, HEADER, PAYLOAD));
}

static void a_token_for_somebody_or_some_time_else_is_not(void **state)
{
    struct scene *scene = *state;
    static const char *const PAYLOADS[] = {
        "{\"iss\":\"https://other.test\",\"aud\":\"bourse\",\"nonce\":\"n1\",\"sub\":\"s\","
        "\"iat\":1795348790,\"exp\":1795349000}",
        "{\"iss\":\"https://login.test\",\"aud\":\"other\",\"nonce\":\"n1\",\"sub\":\"s\","
        "\"iat\":1795348790,\"exp\":1795349000}",
        "{\"iss\":\"https://login.test\",\"aud\":[\"bourse\",\"other\"],\"nonce\":\"n1\","
        "\"sub\":\"s\",\"iat\":1795348790,\"exp\":1795349000}",
        "{\"iss\":\"https://login.test\",\"aud\":\"bourse\",\"nonce\":\"n2\",\"sub\":\"s\","
        "\"iat\":1795348790,\"exp\":1795349000}",
        "{\"iss\":\"https://login.test\",\"aud\":\"bourse\",\"sub\":\"s\",\"iat\":1795348790,"
        "\"exp\":1795349000}",
        "{\"iss\":\"https://login.test\",\"aud\":\"bourse\",\"nonce\":\"n1\",\"sub\":\"s\","
        "\"iat\":1795348000,\"exp\":1795348700}",
        "{\"iss\":\"https://login.test\",\"aud\":\"bourse\",\"nonce\":\"n1\",\"sub\":\"s\","
        "\"iat\":1795349990,\"exp\":1795359000}",
        "{\"iss\":\"https://login.test\",\"aud\":\"bourse\",\"nonce\":\"n1\","
        "\"iat\":1795348790,\"exp\":1795349000}"};
    for (size_t i = 0; i < COUNT_OF(PAYLOADS); i++)
        assert_denied(scene, sign(scene, HEADER, PAYLOADS[i]));
}

static void no_byte_of_a_token_may_change(void **state)
{
    struct scene *scene = *state;
    struct text token = sign(scene, HEADER, PAYLOAD);
    char *changed = arena_alloc(scene->arena, token.size);
    struct arena *arena = scene->arena;
    for (size_t i = 0; i < token.size; i++) {
        memcpy(changed, token.data, token.size);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        scene->arena = arena_new(1 << 20);
        assert_denied(scene, (struct text){.data = changed, .size = token.size});
        arena_free(scene->arena);
    }
    scene->arena = arena;
    for (size_t size = 0; size < 10; size++)
        assert_denied(scene, (struct text){.data = token.data, .size = size});
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_token_of_the_providers_is_believed),
        TEST(another_algorithm_or_key_is_not),
        TEST(a_token_for_somebody_or_some_time_else_is_not),
        TEST(no_byte_of_a_token_may_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
