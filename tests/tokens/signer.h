/* signer.h - signatures of every sort: good ones, those of other keys and algorithms, and what one
 * can do to the bytes of one.
 */
#ifndef TOKENS_SIGNER_H
#define TOKENS_SIGNER_H
#include "base/base.h"
#include "base/buffer.h"

#include <openssl/evp.h>

enum { SIGNATURE_MAX = 1024 };

struct signer {
    EVP_PKEY *key;          /* the verifiers know it */
    EVP_PKEY *other;        /* they know it, too, by another name */
    EVP_PKEY *strangers[3]; /* nobody does */
    char *public_pem;       /* of `key`: what HS256 is fooled with */
};

/* ES256 with P-256 keys, or else RS256. Ends the process where OpenSSL cannot. */
void signer_init(struct signer *signer, bool elliptic);
void signer_free(struct signer *signer);
/* A good signature as JWS has it: r and s for ES256. Returns its size. */
size_t signer_sign(EVP_PKEY *key, struct text text, uint8_t ret_signature[SIGNATURE_MAX]);
/* One of another sort. Returns its size. */
size_t signer_sign_otherwise(const struct signer *signer, struct text text, uint64_t *random,
                             uint8_t ret_signature[SIGNATURE_MAX]);
/* The key as PEM; the caller frees it with OPENSSL_free(). */
char *signer_pem(EVP_PKEY *key, bool private);

#endif
