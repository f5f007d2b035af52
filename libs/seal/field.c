/* field.c - text fields sealed under a key, and keys wrapped under the master key. */
#include "seal/seal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    OVERHEAD = NONCE_SIZE + TAG_SIZE,
    BASE64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING
};
_Static_assert((int)SEAL_OVERHEAD == (int)OVERHEAD, "the header names what is added");
_Static_assert(SEAL_WRAPPED_SIZE == OVERHEAD + SEAL_KEY_SIZE, "the header names the wrapped size");

static const char PREFIX[] = "s1:";
enum { PREFIX_SIZE = sizeof PREFIX - 1 };

/* Writes nonce, ciphertext and tag: OVERHEAD bytes more than `plain`. */
static void encrypt(const struct seal_key *key, struct bytes context, struct bytes plain,
                    uint8_t *ret_sealed)
{
    randombytes_buf(ret_sealed, NONCE_SIZE);
    CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(ret_sealed + NONCE_SIZE, NULL, plain.data,
                                                     plain.size, context.data, context.size, NULL,
                                                     ret_sealed, key->bytes) == 0);
}

/* Writes OVERHEAD bytes fewer than `sealed`. False: another key or context, or changed. */
static bool decrypt(const struct seal_key *key, struct bytes context, struct bytes sealed,
                    uint8_t *ret_plain)
{
    return sealed.size >= OVERHEAD &&
           crypto_aead_xchacha20poly1305_ietf_decrypt(
               ret_plain, NULL, NULL, sealed.data + NONCE_SIZE, sealed.size - NONCE_SIZE,
               context.data, context.size, sealed.data, key->bytes) == 0;
}

static struct bytes as_bytes(struct text text)
{
    return (struct bytes){.data = (const uint8_t *)text.data, .size = text.size};
}

void seal_text(const struct seal_key *key, struct text context, struct text plain,
               struct buffer *token)
{
    size_t sealed_size = plain.size + OVERHEAD;
    size_t base64_size = sodium_base64_ENCODED_LEN(sealed_size, BASE64);
    uint8_t *sealed = malloc(sealed_size);
    char *base64 = malloc(base64_size);
    CHECK(sealed != NULL && base64 != NULL);
    encrypt(key, as_bytes(context), as_bytes(plain), sealed);
    sodium_bin2base64(base64, base64_size, sealed, sealed_size, BASE64);
    if (PREFIX_SIZE + base64_size - 1 > token->size_max - token->size) {
        token->full = true; /* not even the prefix: a token is there whole or not at all */
    } else {
        buffer_append(token, PREFIX, PREFIX_SIZE);
        buffer_append(token, base64, base64_size - 1);
    }
    free(base64);
    free(sealed);
}

bool seal_is_sealed(struct text text)
{
    return text.size > PREFIX_SIZE && memcmp(text.data, PREFIX, PREFIX_SIZE) == 0;
}

enum err seal_open(const struct seal_key *key, struct text context, struct text token,
                   struct buffer *plain)
{
    if (!seal_is_sealed(token))
        return ERR_POISON;
    size_t sealed_max = token.size / 4 * 3 + 3;
    uint8_t *sealed = malloc(sealed_max);
    uint8_t *opened = malloc(sealed_max);
    CHECK(sealed != NULL && opened != NULL);
    size_t sealed_size = 0;
    enum err err = ERR_POISON;
    if (sodium_base642bin(sealed, sealed_max, token.data + PREFIX_SIZE, token.size - PREFIX_SIZE,
                          NULL, &sealed_size, NULL, BASE64) == 0 &&
        decrypt(key, as_bytes(context), (struct bytes){sealed, sealed_size}, opened)) {
        buffer_append(plain, opened, sealed_size - OVERHEAD);
        err = buffer_ok(plain) ? OK : ERR_FULL;
    }
    seal_wipe(opened, sealed_max);
    free(opened);
    free(sealed);
    return err;
}

void seal_bytes(const struct seal_key *key, struct bytes context, struct bytes plain,
                struct buffer *sealed)
{
    uint8_t *bytes = malloc(plain.size + OVERHEAD);
    CHECK(bytes != NULL);
    encrypt(key, context, plain, bytes);
    buffer_append(sealed, bytes, plain.size + OVERHEAD);
    free(bytes);
}

enum err seal_open_bytes(const struct seal_key *key, struct bytes context, struct bytes sealed,
                         struct buffer *plain)
{
    uint8_t *opened = malloc(sealed.size + 1);
    CHECK(opened != NULL);
    enum err err = ERR_POISON;
    if (decrypt(key, context, sealed, opened)) {
        buffer_append(plain, opened, sealed.size - OVERHEAD);
        err = buffer_ok(plain) ? OK : ERR_FULL;
    }
    seal_wipe(opened, sealed.size);
    free(opened);
    return err;
}

void seal_wrap(const struct seal_key *master, struct bytes context, const struct seal_key *key,
               uint8_t ret_wrapped[SEAL_WRAPPED_SIZE])
{
    encrypt(master, context, (struct bytes){key->bytes, sizeof key->bytes}, ret_wrapped);
}

enum err seal_unwrap(const struct seal_key *master, struct bytes context, struct bytes wrapped,
                     struct seal_key *ret_key)
{
    struct seal_key key;
    if (wrapped.size != SEAL_WRAPPED_SIZE || !decrypt(master, context, wrapped, key.bytes))
        return ERR_POISON;
    *ret_key = key;
    seal_wipe(&key, sizeof key);
    return OK;
}
