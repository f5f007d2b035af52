#include "seal/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <sodium.h>

static const struct seal_key KEY = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}};

/* BLAKE2b-256 of "abc", as other implementations compute it. */
static void hash_of_abc_is_the_known_one(void **state)
{
    (void)state;
    static const uint8_t known[SEAL_HASH_SIZE] = {0xbd, 0xdd, 0x81, 0x3c, 0x63, 0x42, 0x39, 0x72,
                                                  0x31, 0x71, 0xef, 0x3f, 0xee, 0x98, 0x57, 0x9b,
                                                  0x94, 0x96, 0x4e, 0x3b, 0xb1, 0xcb, 0x3e, 0x42,
                                                  0x72, 0x62, 0xc8, 0xc0, 0x68, 0xd5, 0x23, 0x19};
    uint8_t digest[SEAL_HASH_SIZE];
    seal_hash_of("abc", 3, digest);
    assert_memory_equal(digest, known, sizeof known);
}

/* Sizes around one, two and many blocks, and pieces that end before, on and behind their borders.
 */
static void every_size_in_any_pieces_hashes_as_libsodium_does(void **state)
{
    (void)state;
    uint8_t data[600], expected[SEAL_HASH_SIZE], digest[SEAL_HASH_SIZE];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + i / 256);
    for (size_t size = 0; size <= sizeof data; size++) {
        size_t first = size * 37 % (size + 1), second = (size - first) / 2;
        struct seal_hash hash;
        assert_int_equal(crypto_generichash(expected, sizeof expected, data, size, NULL, 0), 0);
        seal_hash_of(data, size, digest);
        assert_memory_equal(digest, expected, sizeof expected);
        seal_hash_begin(&hash);
        seal_hash_add(&hash, data, first);
        seal_hash_add(&hash, NULL, 0);
        seal_hash_add(&hash, data + first, second);
        seal_hash_add(&hash, data + first + second, size - first - second);
        seal_hash_end(&hash, digest);
        assert_memory_equal(digest, expected, sizeof expected);
    }
}

static void keyed_hash_depends_on_key_and_data(void **state)
{
    (void)state;
    const struct seal_key other = seal_key_random();
    uint8_t a[32];
    uint8_t b[32];
    seal_keyed_hash32(&KEY, "mail", 4, a);
    seal_keyed_hash32(&KEY, "mail", 4, b);
    assert_memory_equal(a, b, 32);
    seal_keyed_hash32(&other, "mail", 4, b);
    assert_memory_not_equal(a, b, 32);
    seal_keyed_hash32(&KEY, "nail", 4, b);
    assert_memory_not_equal(a, b, 32);
    seal_keyed_hash16(&KEY, "mail", 4, b);
    assert_memory_not_equal(a, b, 16);
}

static void equal_compares_size_and_bytes(void **state)
{
    (void)state;
    const uint8_t a[] = {1, 2, 3};
    const uint8_t b[] = {1, 2, 4};
    assert_true(seal_equal((struct bytes){a, 3}, (struct bytes){a, 3}));
    assert_true(seal_equal((struct bytes){a, 2}, (struct bytes){b, 2}));
    assert_false(seal_equal((struct bytes){a, 3}, (struct bytes){b, 3}));
    assert_false(seal_equal((struct bytes){a, 3}, (struct bytes){a, 2}));
    assert_true(seal_equal((struct bytes){NULL, 0}, (struct bytes){NULL, 0}));
}

static void password_verifies_with_itself_alone(void **state)
{
    (void)state;
    char stored[SEAL_PASSWORD_SIZE];
    assert_int_equal(seal_password_hash(TEXT("correct horse"), stored), OK);
    assert_memory_equal(stored, "$argon2id$", 10);
    assert_true(seal_password_verify(stored, TEXT("correct horse")));
    assert_false(seal_password_verify(stored, TEXT("correct horsf")));
    assert_false(seal_password_verify("not a hash", TEXT("correct horse")));
}

static clock_t time_of_verify(const char *stored)
{
    clock_t start = clock();
    assert_false(seal_password_verify(stored, TEXT("correct horse")));
    return clock() - start;
}

/* The fixed hash has the parameters of a real one and is computed to its end: had it been refused
 * as malformed, it would take no time. No password opens it. */
static void unknown_user_has_no_password(void **state)
{
    (void)state;
    char stored[SEAL_PASSWORD_SIZE];
    assert_int_equal(seal_password_hash(TEXT("x"), stored), OK);
    assert_memory_equal(stored, "$argon2id$v=19$m=65536,t=2,p=1$", 31);
    assert_true(time_of_verify(NULL) > time_of_verify(stored) / 4);
}

static void sealed_text_opens_with_its_key_and_context(void **state)
{
    (void)state;
    const struct seal_key other = seal_key_random();
    struct buffer token;
    struct buffer plain;
    buffer_init(&token, 1000);
    buffer_init(&plain, 1000);
    seal_text(&KEY, TEXT("user.email"), TEXT("jo@example.org"), &token);
    struct text sealed = buffer_as_text(&token);
    assert_true(buffer_ok(&token) && seal_is_sealed(sealed));
    assert_false(seal_is_sealed(TEXT("jo@example.org")));

    assert_int_equal(seal_open(&other, TEXT("user.email"), sealed, &plain), ERR_POISON);
    assert_int_equal(seal_open(&KEY, TEXT("user.name"), sealed, &plain), ERR_POISON);
    assert_int_equal(plain.size, 0);
    assert_int_equal(seal_open(&KEY, TEXT("user.email"), sealed, &plain), OK);
    assert_true(text_is(buffer_as_text(&plain), "jo@example.org"));
    buffer_free(&plain);
    buffer_free(&token);
}

static void sealing_twice_gives_two_tokens(void **state)
{
    (void)state;
    struct buffer first;
    struct buffer second;
    buffer_init(&first, 200);
    buffer_init(&second, 200);
    seal_text(&KEY, TEXT("c"), TEXT(""), &first);
    seal_text(&KEY, TEXT("c"), TEXT(""), &second);
    assert_false(text_equal(buffer_as_text(&first), buffer_as_text(&second)));
    buffer_free(&first);
    buffer_free(&second);
}

/* Each character of a token changed in turn, each length short of the whole, and some junk. */
static void no_changed_token_opens(void **state)
{
    (void)state;
    struct buffer token;
    struct buffer plain;
    buffer_init(&token, 200);
    buffer_init(&plain, 200);
    seal_text(&KEY, TEXT("c"), TEXT("secret"), &token);
    for (size_t i = 0; i < token.size; i++) {
        uint8_t kept = token.data[i];
        token.data[i] = kept == 'A' ? 'B' : 'A';
        assert_int_equal(seal_open(&KEY, TEXT("c"), buffer_as_text(&token), &plain), ERR_POISON);
        token.data[i] = kept;
        struct text shorter = {buffer_as_text(&token).data, i};
        assert_int_equal(seal_open(&KEY, TEXT("c"), shorter, &plain), ERR_POISON);
    }
    buffer_string(&token, "=");
    assert_int_equal(seal_open(&KEY, TEXT("c"), buffer_as_text(&token), &plain), ERR_POISON);
    buffer_free(&plain);
    buffer_free(&token);
}

static void a_full_buffer_is_told_and_gains_nothing(void **state)
{
    (void)state;
    struct buffer token;
    struct buffer plain;
    buffer_init(&token, 20);
    seal_text(&KEY, TEXT("c"), TEXT("secret"), &token);
    assert_false(buffer_ok(&token));
    assert_int_equal(token.size, 0);

    buffer_init(&token, 200);
    buffer_init(&plain, 5);
    seal_text(&KEY, TEXT("c"), TEXT("secret"), &token);
    assert_int_equal(seal_open(&KEY, TEXT("c"), buffer_as_text(&token), &plain), ERR_FULL);
    assert_int_equal(plain.size, 0);
    buffer_free(&plain);
    buffer_free(&token);
}

static void wrapped_key_unwraps_under_its_master_and_context(void **state)
{
    (void)state;
    const struct seal_key key = seal_key_random();
    const struct seal_key other = seal_key_random();
    const struct bytes context = {(const uint8_t *)"id", 2};
    uint8_t wrapped[SEAL_WRAPPED_SIZE];
    struct seal_key again = {{0}};
    seal_wrap(&KEY, context, &key, wrapped);
    const struct bytes bytes = {wrapped, sizeof wrapped};
    assert_int_equal(seal_unwrap(&other, context, bytes, &again), ERR_POISON);
    assert_int_equal(seal_unwrap(&KEY, (struct bytes){NULL, 0}, bytes, &again), ERR_POISON);
    assert_int_equal(seal_unwrap(&KEY, context, (struct bytes){wrapped, 71}, &again), ERR_POISON);
    assert_int_equal(seal_unwrap(&KEY, context, bytes, &again), OK);
    assert_memory_equal(again.bytes, key.bytes, sizeof key.bytes);
}

static void a_key_is_written_as_64_hex_digits(void **state)
{
    (void)state;
    struct seal_key key;
#define DIGITS "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"
    assert_int_equal(seal_key_parse(TEXT(DIGITS), &key), OK);
    assert_int_equal(key.bytes[0], 0);
    assert_int_equal(key.bytes[31], 0x1f);
    assert_int_equal(seal_key_parse(TEXT(DIGITS "00"), &key), ERR_CONFIG);
    assert_int_equal(seal_key_parse(TEXT("0g" DIGITS), &key), ERR_CONFIG);
    assert_int_equal(seal_key_parse(TEXT(""), &key), ERR_CONFIG);
#undef DIGITS
}

int main(void)
{
    if (seal_init() != OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_of_abc_is_the_known_one),
        cmocka_unit_test(every_size_in_any_pieces_hashes_as_libsodium_does),
        cmocka_unit_test(keyed_hash_depends_on_key_and_data),
        cmocka_unit_test(equal_compares_size_and_bytes),
        cmocka_unit_test(password_verifies_with_itself_alone),
        cmocka_unit_test(unknown_user_has_no_password),
        cmocka_unit_test(sealed_text_opens_with_its_key_and_context),
        cmocka_unit_test(sealing_twice_gives_two_tokens),
        cmocka_unit_test(no_changed_token_opens),
        cmocka_unit_test(a_full_buffer_is_told_and_gains_nothing),
        cmocka_unit_test(wrapped_key_unwraps_under_its_master_and_context),
        cmocka_unit_test(a_key_is_written_as_64_hex_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
