/* Keys that are changed while tokens of the old and of the new one are about. */
#include "auth/auth.h"
#include "auth/internal.h"

#include "base/time.h"
#include "seal/seal.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { PEM_SIZE_MAX = 1000 };

#define NOON_US (INT64_C(1795348800) * SECOND_US)

/* A key as its owner has it, and as others may. */
struct pair {
    char private_pem[PEM_SIZE_MAX], public_pem[PEM_SIZE_MAX];
};

static void keep(BIO *memory, char ret_pem[PEM_SIZE_MAX])
{
    char *data = NULL;
    long size = BIO_get_mem_data(memory, &data);
    assert_in_range(size, 1, PEM_SIZE_MAX - 1);
    memcpy(ret_pem, data, (size_t)size);
    ret_pem[size] = '\0';
    BIO_free(memory);
}

static struct pair new_pair(const char *curve)
{
    struct pair pair;
    EVP_PKEY *key = EVP_EC_gen(curve);
    BIO *private_part = BIO_new(BIO_s_mem()), *public_part = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PrivateKey(private_part, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(PEM_write_bio_PUBKEY(public_part, key), 1);
    keep(private_part, pair.private_pem);
    keep(public_part, pair.public_pem);
    EVP_PKEY_free(key);
    return pair;
}

static struct pair before, after;

static int set_up(void **state)
{
    struct auth *auth = NULL;
    if (seal_init() != OK)
        return -1;
    before = new_pair("P-256");
    after = new_pair("P-256");
    int status = auth_open(text_of(before.private_pem), &auth) == OK ? 0 : -1;
    *state = auth;
    return status;
}

static int tear_down(void **state)
{
    auth_free(*state);
    return 0;
}

static void issue(struct auth *auth, struct buffer *token)
{
    const struct auth_claims claims = {
        .user_id = {{1}}, .issued_at_us = NOON_US, .expires_at_us = NOON_US + 60 * SECOND_US};
    buffer_init(token, AUTH_TOKEN_MAX);
    auth_issue(auth, &claims, token);
    assert_true(buffer_ok(token));
}

static enum auth_verdict verdict(struct auth *auth, const struct buffer *token)
{
    struct auth_claims claims;
    return auth_verify(auth, buffer_as_text(token), NOON_US, &claims);
}

/* Whether the key set names so many keys. */
static size_t keys_listed(struct auth *auth)
{
    struct buffer json;
    size_t count = 0;
    buffer_init(&json, 10000);
    auth_jwks(auth, &json);
    buffer_byte(&json, 0);
    for (const char *at = (const char *)json.data; (at = strstr(at, "\"kid\"")) != NULL; at++)
        count++;
    buffer_free(&json);
    return count;
}

static void tokens_of_the_old_key_are_good_as_long_as_it_is_listed(void **state)
{
    struct auth *auth = *state;
    struct buffer old, fresh;
    issue(auth, &old);
    assert_int_equal(verdict(auth, &old), AUTH_VALID); /* and in the cache */

    assert_int_equal(auth_set_keys(auth, text_of(after.private_pem), text_of(before.public_pem)),
                     OK);
    issue(auth, &fresh);
    assert_int_equal(verdict(auth, &old), AUTH_VALID);
    assert_int_equal(verdict(auth, &fresh), AUTH_VALID);
    assert_int_equal(keys_listed(auth), 2);

    assert_int_equal(auth_set_keys(auth, text_of(after.private_pem), TEXT("")), OK);
    assert_int_equal(verdict(auth, &old), AUTH_INVALID);
    assert_int_equal(verdict(auth, &fresh), AUTH_VALID);
    assert_int_equal(keys_listed(auth), 1);
    buffer_free(&old);
    buffer_free(&fresh);
}

static void tokens_of_the_next_key_are_good_before_it_signs_here(void **state)
{
    struct auth *auth = *state, *other = NULL;
    struct buffer token;
    assert_int_equal(auth_open(text_of(after.private_pem), &other), OK);
    issue(other, &token);
    assert_int_equal(verdict(auth, &token), AUTH_INVALID);

    assert_int_equal(auth_set_keys(auth, text_of(before.private_pem), text_of(after.public_pem)),
                     OK);

    assert_int_equal(verdict(auth, &token), AUTH_VALID);
    buffer_free(&token);
    auth_free(other);
}

static void a_key_is_listed_once_however_often_it_is_named(void **state)
{
    char both[2 * PEM_SIZE_MAX];
    snprintf(both, sizeof both, "%s%s", before.public_pem, after.public_pem);

    assert_int_equal(auth_set_keys(*state, text_of(after.private_pem), text_of(both)), OK);

    assert_int_equal(keys_listed(*state), 2);
}

static void what_is_no_key_of_ours_changes_nothing(void **state)
{
    struct auth *auth = *state;
    const struct pair other_curve = new_pair("P-384");
    struct buffer token;
    issue(auth, &token);

    assert_int_equal(auth_set_keys(auth, TEXT("no key"), TEXT("")), ERR_CONFIG);
    assert_int_equal(auth_set_keys(auth, text_of(after.private_pem), TEXT("no key")), ERR_CONFIG);
    assert_int_equal(auth_set_keys(auth, text_of(after.public_pem), TEXT("")), ERR_CONFIG);
    assert_int_equal(
        auth_set_keys(auth, text_of(after.private_pem), text_of(other_curve.public_pem)),
        ERR_CONFIG);

    assert_int_equal(verdict(auth, &token), AUTH_VALID);
    assert_int_equal(keys_listed(auth), 1);
    buffer_free(&token);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(tokens_of_the_old_key_are_good_as_long_as_it_is_listed),
        TEST(tokens_of_the_next_key_are_good_before_it_signs_here),
        TEST(a_key_is_listed_once_however_often_it_is_named),
        TEST(what_is_no_key_of_ours_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
