/* sign.c - signatures that anybody can check, and how they are written down. */
#include "seal/seal.h"

#include <sodium.h>
#include <stdlib.h>

_Static_assert((int)SEAL_KEY_SIZE == (int)crypto_sign_SEEDBYTES, "a signing key is a seed");
_Static_assert((int)SEAL_PUBLIC_SIZE == (int)crypto_sign_PUBLICKEYBYTES, "as libsodium has it");
_Static_assert((int)SEAL_SIGNATURE_SIZE == (int)crypto_sign_BYTES, "as libsodium has it");

enum { BASE64 = sodium_base64_VARIANT_ORIGINAL };

static void key_pair(const struct seal_key *key, uint8_t ret_public[SEAL_PUBLIC_SIZE],
                     uint8_t ret_secret[crypto_sign_SECRETKEYBYTES])
{
    CHECK(crypto_sign_seed_keypair(ret_public, ret_secret, key->bytes) == 0);
}

void seal_public(const struct seal_key *key, uint8_t ret_public[SEAL_PUBLIC_SIZE])
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    key_pair(key, ret_public, secret);
    seal_wipe(secret, sizeof secret);
}

void seal_sign(const struct seal_key *key, struct text message,
               uint8_t ret_signature[SEAL_SIGNATURE_SIZE])
{
    uint8_t public_key[SEAL_PUBLIC_SIZE], secret[crypto_sign_SECRETKEYBYTES];
    key_pair(key, public_key, secret);
    CHECK(crypto_sign_detached(ret_signature, NULL, (const uint8_t *)message.data, message.size,
                               secret) == 0);
    seal_wipe(secret, sizeof secret);
}

bool seal_is_signed(const uint8_t public_key[SEAL_PUBLIC_SIZE], struct text message,
                    const uint8_t signature[SEAL_SIGNATURE_SIZE])
{
    return crypto_sign_verify_detached(signature, (const uint8_t *)message.data, message.size,
                                       public_key) == 0;
}

void seal_to_base64(struct bytes data, struct buffer *text)
{
    size_t size = sodium_base64_ENCODED_LEN(data.size, BASE64);
    char *base64 = malloc(size);
    CHECK(base64 != NULL);
    sodium_bin2base64(base64, size, data.data, data.size, BASE64);
    buffer_append(text, base64, size - 1);
    free(base64);
}

enum err seal_from_base64(struct text text, struct buffer *data)
{
    size_t size = 0, size_max = text.size / 4 * 3 + 3;
    uint8_t *read = malloc(size_max);
    CHECK(read != NULL);
    enum err err = ERR_INPUT;
    if (sodium_base642bin(read, size_max, text.data, text.size, NULL, &size, NULL, BASE64) == 0)
        err = size > data->size_max - data->size ? ERR_FULL : OK;
    if (err == OK)
        buffer_append(data, read, size);
    free(read);
    return err;
}
