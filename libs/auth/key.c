/* key.c - the keys: reading them, changing them, and ES256 over one. */
#include "auth/internal.h"

#include "seal/seal.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

/* The order of P-256's group: both halves of a signature are from 1 to one less. */
static const uint8_t ORDER[AUTH_NUMBER_SIZE] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

/* A key file with a passphrase cannot be read: nobody is there to type it. */
static int no_passphrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return 0;
}

static EVP_PKEY *read_key(struct text pem)
{
    BIO *memory = BIO_new_mem_buf(pem.data, (int)pem.size);
    CHECK(memory != NULL);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(memory, NULL, no_passphrase, NULL);
    BIO_free(memory);
    return key;
}

static bool is_p256(const EVP_PKEY *key)
{
    char group[32];
    return EVP_PKEY_is_a(key, "EC") == 1 &&
           EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

static bool coordinate(const EVP_PKEY *key, const char *name, uint8_t ret_number[AUTH_NUMBER_SIZE])
{
    BIGNUM *number = NULL;
    bool good = EVP_PKEY_get_bn_param(key, name, &number) == 1 &&
                BN_bn2binpad(number, ret_number, AUTH_NUMBER_SIZE) == AUTH_NUMBER_SIZE;
    BN_free(number);
    return good;
}

/* The key's name: the first half of a hash of its point. */
static void name_key(struct auth_key *key)
{
    uint8_t digest[SEAL_HASH_SIZE];
    struct seal_hash hash;
    struct buffer kid;
    seal_hash_begin(&hash);
    seal_hash_add(&hash, key->x, sizeof key->x);
    seal_hash_add(&hash, key->y, sizeof key->y);
    seal_hash_end(&hash, digest);
    buffer_init(&kid, AUTH_KID_SIZE);
    base64url_encode(&kid, digest, 16);
    CHECK(kid.size == AUTH_KID_SIZE);
    memcpy(key->kid, kid.data, AUTH_KID_SIZE);
    buffer_free(&kid);
}

static void keys_free(struct auth_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        EVP_PKEY_free(keys->list[i].key);
    *keys = (struct auth_keys){.count = 0};
}

/* Takes the key over; one that is there already is passed over. False: it is none of ours. */
static bool add_key(struct auth_keys *keys, EVP_PKEY *key)
{
    struct auth_key row = {.key = key};
    bool good = key != NULL && is_p256(key) && keys->count < AUTH_KEYS_MAX &&
                coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X, row.x) &&
                coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y, row.y);
    bool known = false;
    for (size_t i = 0; i < keys->count && good; i++)
        known = known || EVP_PKEY_eq(keys->list[i].key, key) == 1;
    if (!good || known) {
        EVP_PKEY_free(key);
        return good;
    }
    name_key(&row);
    keys->list[keys->count++] = row;
    return true;
}

/* All public keys of a text; what else is in it is passed over, but some there have to be. */
static bool add_public_keys(struct auth_keys *keys, struct text pem)
{
    BIO *memory = BIO_new_mem_buf(pem.data, (int)pem.size);
    CHECK(memory != NULL);
    bool good = true;
    size_t count = 0;
    EVP_PKEY *key;
    while (good && (key = PEM_read_bio_PUBKEY(memory, NULL, no_passphrase, NULL)) != NULL) {
        good = add_key(keys, key);
        count++;
    }
    BIO_free(memory);
    return good && count > 0;
}

static enum err read_keys(struct text key_pem, struct text others_pem, struct auth_keys *ret_keys)
{
    struct auth_keys keys = {.count = 0};
    bool good = add_key(&keys, read_key(key_pem)) &&
                (others_pem.size == 0 || add_public_keys(&keys, others_pem));
    ERR_clear_error(); /* the end of a text leaves one behind, too */
    if (!good) {
        keys_free(&keys);
        return ERR_CONFIG;
    }
    *ret_keys = keys;
    return OK;
}

enum err auth_key_read(struct text pem, struct auth_key *ret_key)
{
    struct auth_keys keys = {.count = 0};
    bool good = add_key(&keys, read_key(pem));
    ERR_clear_error();
    if (!good)
        return ERR_CONFIG;
    *ret_key = keys.list[0];
    return OK;
}

enum err auth_open(struct text key_pem, struct auth **ret_auth)
{
    struct auth_keys keys;
    enum err err = read_keys(key_pem, TEXT(""), &keys);
    if (err != OK)
        return err;
    struct auth *auth = calloc(1, sizeof *auth);
    CHECK(auth != NULL);
    auth->keys = keys;
    auth->cache = token_cache_new();
    CHECK(pthread_mutex_init(&auth->lock, NULL) == 0);
    CHECK(pthread_rwlock_init(&auth->keys_lock, NULL) == 0);
    *ret_auth = auth;
    return OK;
}

enum err auth_set_keys(struct auth *auth, struct text key_pem, struct text others_pem)
{
    struct auth_keys keys;
    enum err err = read_keys(key_pem, others_pem, &keys);
    if (err != OK)
        return err;
    pthread_rwlock_wrlock(&auth->keys_lock);
    struct auth_keys before = auth->keys;
    struct token_cache *cache = auth->cache;
    auth->keys = keys;
    auth->cache =
        token_cache_new(); /* what is in the other was verified by keys that may be gone */
    pthread_rwlock_unlock(&auth->keys_lock);
    keys_free(&before);
    token_cache_free(cache);
    return OK;
}

void auth_free(struct auth *auth)
{
    if (auth == NULL)
        return;
    pthread_mutex_destroy(&auth->lock);
    pthread_rwlock_destroy(&auth->keys_lock);
    token_cache_free(auth->cache);
    keys_free(&auth->keys);
    free(auth);
}

void auth_sign(const struct auth_key *key, struct text text,
               uint8_t ret_signature[AUTH_SIGNATURE_SIZE])
{
    uint8_t der[128];
    size_t size = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    CHECK(context != NULL);
    CHECK(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key->key) == 1);
    CHECK(EVP_DigestSign(context, der, &size, (const uint8_t *)text.data, text.size) == 1);
    EVP_MD_CTX_free(context);
    const uint8_t *at = der;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)size);
    CHECK(signature != NULL);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(signature), ret_signature, AUTH_NUMBER_SIZE) > 0);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(signature), ret_signature + AUTH_NUMBER_SIZE,
                       AUTH_NUMBER_SIZE) > 0);
    ECDSA_SIG_free(signature);
}

bool auth_is_scalar(const uint8_t number[AUTH_NUMBER_SIZE])
{
    static const uint8_t zero[AUTH_NUMBER_SIZE];
    return memcmp(number, zero, sizeof zero) != 0 && memcmp(number, ORDER, sizeof ORDER) < 0;
}

/* The signature as OpenSSL takes it; the caller OPENSSL_frees *ret_der. */
static size_t to_der(const uint8_t signature[AUTH_SIGNATURE_SIZE], uint8_t **ret_der)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, AUTH_NUMBER_SIZE, NULL);
    BIGNUM *s = BN_bin2bn(signature + AUTH_NUMBER_SIZE, AUTH_NUMBER_SIZE, NULL);
    CHECK(pair != NULL && r != NULL && s != NULL);
    CHECK(ECDSA_SIG_set0(pair, r, s) == 1); /* they are the pair's now */
    *ret_der = NULL;
    int size = i2d_ECDSA_SIG(pair, ret_der);
    CHECK(size > 0);
    ECDSA_SIG_free(pair);
    return (size_t)size;
}

bool auth_signature_holds(const struct auth_key *key, struct text text,
                          const uint8_t signature[AUTH_SIGNATURE_SIZE])
{
    if (!auth_is_scalar(signature) || !auth_is_scalar(signature + AUTH_NUMBER_SIZE))
        return false;
    uint8_t *der;
    size_t size = to_der(signature, &der);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    CHECK(context != NULL);
    CHECK(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key->key) == 1);
    bool holds = EVP_DigestVerify(context, der, size, (const uint8_t *)text.data, text.size) == 1;
    EVP_MD_CTX_free(context);
    OPENSSL_free(der);
    ERR_clear_error(); /* a refused signature leaves one behind, on this thread */
    return holds;
}
