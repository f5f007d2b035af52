#include "auth/push.h"
#include "auth/internal.h"

#include "seal/seal.h"

#include <inttypes.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <stdlib.h>
#include <string.h>

enum { POINT_SIZE = 1 + 2 * AUTH_NUMBER_SIZE, SECRET_SIZE = 16, TAG_SIZE = 16, TOKEN_MAX = 2048 };

struct push_key {
    struct auth_key key;
};

/* --- who says so ------------------------------------------------------------------------------ */

enum err push_key_open(struct text pem, struct push_key **ret_key)
{
    struct push_key *key = calloc(1, sizeof *key);
    CHECK(key != NULL);
    enum err err = auth_key_read(pem, &key->key);
    if (err == OK)
        *ret_key = key;
    else
        free(key);
    return err;
}

void push_key_free(struct push_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->key.key);
    free(key);
}

void push_key_public(const struct push_key *key, struct buffer *text)
{
    uint8_t point[POINT_SIZE] = {4}; /* not compressed */
    memcpy(point + 1, key->key.x, AUTH_NUMBER_SIZE);
    memcpy(point + 1 + AUTH_NUMBER_SIZE, key->key.y, AUTH_NUMBER_SIZE);
    base64url_encode(text, point, sizeof point);
}

void push_authorization(const struct push_key *key, struct text origin, struct text subject,
                        int64_t expires_at_s, struct buffer *header)
{
    static const char HEAD[] = "{\"typ\":\"JWT\",\"alg\":\"ES256\"}";
    struct buffer claims, token;
    uint8_t signature[AUTH_SIGNATURE_SIZE];
    buffer_init(&claims, TOKEN_MAX);
    buffer_init(&token, TOKEN_MAX);
    buffer_string(&claims, "{\"aud\":");
    buffer_json_string(&claims, origin);
    buffer_printf(&claims, ",\"exp\":%" PRId64 ",\"sub\":", expires_at_s);
    buffer_json_string(&claims, subject);
    buffer_byte(&claims, '}');
    base64url_encode(&token, HEAD, sizeof HEAD - 1);
    buffer_byte(&token, '.');
    base64url_encode(&token, claims.data, claims.size);
    CHECK(buffer_ok(&claims) && buffer_ok(&token)); /* addresses are bounded */
    auth_sign(&key->key, buffer_as_text(&token), signature);
    buffer_string(header, "vapid t=");
    buffer_text(header, buffer_as_text(&token));
    buffer_byte(header, '.');
    base64url_encode(header, signature, sizeof signature);
    buffer_string(header, ", k=");
    push_key_public(key, header);
    buffer_free(&claims);
    buffer_free(&token);
}

/* --- for whom alone --------------------------------------------------------------------------- */

struct push_chance push_chance(void)
{
    struct push_chance chance;
    seal_random(chance.salt, sizeof chance.salt);
    do
        seal_random(chance.scalar, sizeof chance.scalar);
    while (!auth_is_scalar(chance.scalar));
    return chance;
}

/* The scalar's own public key, and the x of its product with the other one (ECDH). False: the other
 * one is no point of the curve. */
static bool agree(const uint8_t scalar[AUTH_NUMBER_SIZE], const uint8_t other[POINT_SIZE],
                  uint8_t ret_public[POINT_SIZE], uint8_t ret_shared[AUTH_NUMBER_SIZE])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    BIGNUM *number = BN_bin2bn(scalar, AUTH_NUMBER_SIZE, NULL);
    BIGNUM *x = BN_new();
    CHECK(group != NULL && number != NULL && x != NULL);
    EC_POINT *theirs = EC_POINT_new(group);
    EC_POINT *product = EC_POINT_new(group);
    CHECK(theirs != NULL && product != NULL);
    CHECK(EC_POINT_mul(group, product, number, NULL, NULL, NULL) == 1);
    CHECK(EC_POINT_point2oct(group, product, POINT_CONVERSION_UNCOMPRESSED, ret_public, POINT_SIZE,
                             NULL) == POINT_SIZE);
    bool good = EC_POINT_oct2point(group, theirs, other, POINT_SIZE, NULL) == 1 &&
                EC_POINT_mul(group, product, NULL, theirs, number, NULL) == 1 &&
                EC_POINT_get_affine_coordinates(group, product, x, NULL, NULL) == 1 &&
                BN_bn2binpad(x, ret_shared, AUTH_NUMBER_SIZE) == AUTH_NUMBER_SIZE;
    ERR_clear_error(); /* what is no point leaves one behind */
    EC_POINT_free(theirs);
    EC_POINT_clear_free(product);
    BN_clear_free(number);
    BN_clear_free(x);
    EC_GROUP_free(group);
    return good;
}

static struct text bytes_as_text(const void *data, size_t size)
{
    return (struct text){.data = data, .size = size};
}

/* HKDF (RFC 5869) of one block: `info` has room for one more byte behind its `size`. */
static void derive(struct text salt, struct text secret, uint8_t *info, size_t size,
                   uint8_t ret_key[SEAL_SHA256_SIZE])
{
    uint8_t extracted[SEAL_SHA256_SIZE];
    seal_hmac_sha256(salt, secret, extracted);
    info[size] = 1;
    seal_hmac_sha256(bytes_as_text(extracted, sizeof extracted), bytes_as_text(info, size + 1),
                     ret_key);
    seal_wipe(extracted, sizeof extracted);
}

struct push_keys {
    uint8_t cek[SEAL_SHA256_SIZE];   /* the first 16 bytes, */
    uint8_t nonce[SEAL_SHA256_SIZE]; /* and the first 12 */
};

/* RFC 8291, section 3.4. */
static struct push_keys keys_of(const uint8_t shared[AUTH_NUMBER_SIZE],
                                const uint8_t secret[SECRET_SIZE], const uint8_t salt[16],
                                const uint8_t theirs[POINT_SIZE], const uint8_t ours[POINT_SIZE])
{
    static const char WEB_PUSH[14] = "WebPush: info", CEK[28] = "Content-Encoding: aes128gcm",
                      NONCE[24] = "Content-Encoding: nonce"; /* each with its zero */
    uint8_t info[sizeof WEB_PUSH + 2 * POINT_SIZE + 1], material[SEAL_SHA256_SIZE];
    struct push_keys keys;
    memcpy(info, WEB_PUSH, sizeof WEB_PUSH);
    memcpy(info + sizeof WEB_PUSH, theirs, POINT_SIZE);
    memcpy(info + sizeof WEB_PUSH + POINT_SIZE, ours, POINT_SIZE);
    derive(bytes_as_text(secret, SECRET_SIZE), bytes_as_text(shared, AUTH_NUMBER_SIZE), info,
           sizeof info - 1, material);
    const struct text salted = bytes_as_text(salt, 16),
                      of = bytes_as_text(material, sizeof material);
    memcpy(info, CEK, sizeof CEK);
    derive(salted, of, info, sizeof CEK, keys.cek);
    memcpy(info, NONCE, sizeof NONCE);
    derive(salted, of, info, sizeof NONCE, keys.nonce);
    seal_wipe(material, sizeof material);
    return keys;
}

/* Appends the one record there is: the text, a mark that it is the last, and the tag. */
static void append_record(const struct push_keys *keys, struct bytes text, struct buffer *message)
{
    static const uint8_t LAST = 2;
    uint8_t sealed[PUSH_RECORD_SIZE], tag[TAG_SIZE];
    int size = 0, more = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    CHECK(context != NULL);
    CHECK(EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), NULL, keys->cek, keys->nonce) == 1);
    if (text.size > 0)
        CHECK(EVP_EncryptUpdate(context, sealed, &size, text.data, (int)text.size) == 1);
    CHECK(EVP_EncryptUpdate(context, sealed + size, &more, &LAST, 1) == 1);
    size += more;
    CHECK(EVP_EncryptFinal_ex(context, sealed + size, &more) == 1 && more == 0);
    CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, tag) == 1);
    EVP_CIPHER_CTX_free(context);
    buffer_append(message, sealed, (size_t)size);
    buffer_append(message, tag, sizeof tag);
}

enum err push_seal(struct text p256dh, struct text auth, struct bytes text,
                   const struct push_chance *chance, struct buffer *message)
{
    static const uint8_t SIZES[] = {0, 0, PUSH_RECORD_SIZE >> 8, 0, POINT_SIZE};
    uint8_t theirs[POINT_SIZE], ours[POINT_SIZE], secret[SECRET_SIZE], shared[AUTH_NUMBER_SIZE];
    size_t size = 0, secret_size = 0;
    if (text.size > PUSH_TEXT_MAX)
        return ERR_RANGE;
    if (base64url_decode(p256dh, sizeof theirs, theirs, &size) != OK || size != sizeof theirs ||
        base64url_decode(auth, sizeof secret, secret, &secret_size) != OK ||
        secret_size != sizeof secret || !agree(chance->scalar, theirs, ours, shared))
        return ERR_INPUT;
    struct push_keys keys = keys_of(shared, secret, chance->salt, theirs, ours);
    buffer_append(message, chance->salt, sizeof chance->salt);
    buffer_append(message, SIZES, sizeof SIZES);
    buffer_append(message, ours, sizeof ours);
    append_record(&keys, text, message);
    seal_wipe(&keys, sizeof keys);
    seal_wipe(shared, sizeof shared);
    return OK;
}
