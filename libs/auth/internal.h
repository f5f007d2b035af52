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
    AUTH_KID_SIZE = BASE64URL_SIZE(16)
};

#define AUTH_ISSUER "bourse"
#define AUTH_TYPE   "at+jwt"

struct auth {
    EVP_PKEY *key;
    uint8_t x[AUTH_NUMBER_SIZE]; /* the public key's point */
    uint8_t y[AUTH_NUMBER_SIZE];
    char kid[AUTH_KID_SIZE]; /* from a hash of the point; not terminated */
    pthread_mutex_t lock;    /* guards the cache */
    struct token_cache *cache;
};

/* r and s, big-endian, of a text under our key. */
void auth_sign(const struct auth *auth, struct text text,
               uint8_t ret_signature[AUTH_SIGNATURE_SIZE]);
/* Whether a signature of exactly that form is our key's over `text`. */
bool auth_signature_holds(const struct auth *auth, struct text text,
                          const uint8_t signature[AUTH_SIGNATURE_SIZE]);

#endif
