/* internal.h - what the files of libs/auth share. For no other room. */
#ifndef AUTH_INTERNAL_H
#define AUTH_INTERNAL_H
#include "auth/auth.h"
#include "auth/base64url.h"
#include "auth/token_cache.h"

#include <openssl/evp.h>
#include <pthread.h>

enum {
    AUTH_NUMBER_SIZE = 32, /* a coordinate, or half of a signature */
    AUTH_SIGNATURE_SIZE = 2 * AUTH_NUMBER_SIZE,
    AUTH_KID_SIZE = BASE64URL_SIZE(16),
    AUTH_KEYS_MAX = 8
};

#define AUTH_ISSUER "bourse"
#define AUTH_TYPE   "at+jwt"

struct auth_key {
    EVP_PKEY *key;
    uint8_t x[AUTH_NUMBER_SIZE]; /* the public key's point */
    uint8_t y[AUTH_NUMBER_SIZE];
    char kid[AUTH_KID_SIZE]; /* from a hash of the point; not terminated */
};

/* The first signs; tokens of each are good. */
struct auth_keys {
    struct auth_key list[AUTH_KEYS_MAX];
    size_t count;
};

struct auth {
    pthread_rwlock_t keys_lock; /* guards the next; held while they are used */
    struct auth_keys keys;
    pthread_mutex_t lock; /* guards the cache */
    struct token_cache *cache;
};

/* Reads a private key; the caller frees its `key`. ERR_CONFIG: it is no P-256 key as PEM. */
enum err auth_key_read(struct text pem, struct auth_key *ret_key) MUST_CHECK;
/* Whether it is from 1 to one less than the group's order. */
bool auth_is_scalar(const uint8_t number[AUTH_NUMBER_SIZE]);
/* r and s, big-endian, of a text under a private key. */
void auth_sign(const struct auth_key *key, struct text text,
               uint8_t ret_signature[AUTH_SIGNATURE_SIZE]);
/* Whether a signature of exactly that form is the key's over `text`. */
bool auth_signature_holds(const struct auth_key *key, struct text text,
                          const uint8_t signature[AUTH_SIGNATURE_SIZE]);

#endif
