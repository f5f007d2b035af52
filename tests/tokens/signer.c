#include "signer.h"

#include "object.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

enum { HALF = 32, PAIR = 2 * HALF };

static BIGNUM *order_p256(void)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    BIGNUM *order = BN_dup(EC_GROUP_get0_order(group));
    CHECK(order != NULL);
    EC_GROUP_free(group);
    return order;
}

char *signer_pem(EVP_PKEY *key, bool private)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *pem = NULL;
    CHECK((private ? PEM_write_bio_PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL)
                   : PEM_write_bio_PUBKEY(memory, key)) == 1);
    long size = BIO_get_mem_data(memory, &pem);
    char *copy = OPENSSL_strndup(pem, (size_t)size);
    CHECK(copy != NULL);
    BIO_free(memory);
    return copy;
}

static EVP_PKEY *new_key(bool elliptic)
{
    EVP_PKEY *key = elliptic ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048);
    CHECK(key != NULL);
    return key;
}

void signer_init(struct signer *signer, bool elliptic)
{
    *signer = (struct signer){
        .key = new_key(elliptic),
        .other = new_key(elliptic),
        .strangers = {new_key(elliptic), EVP_EC_gen(elliptic ? "secp256k1" : "P-256"),
                      elliptic ? EVP_EC_gen("P-384") : EVP_RSA_gen(3072)},
    };
    signer->public_pem = signer_pem(signer->key, false);
}

void signer_free(struct signer *signer)
{
    EVP_PKEY_free(signer->key);
    EVP_PKEY_free(signer->other);
    for (size_t i = 0; i < COUNT_OF(signer->strangers); i++)
        EVP_PKEY_free(signer->strangers[i]);
    OPENSSL_free(signer->public_pem);
}

/* As OpenSSL makes it: DER where the key is elliptic. */
static size_t sign_plainly(EVP_PKEY *key, const EVP_MD *digest, int padding, struct text text,
                           uint8_t *ret_signature)
{
    size_t size = SIGNATURE_MAX;
    EVP_PKEY_CTX *options = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    CHECK(context != NULL && EVP_DigestSignInit(context, &options, digest, NULL, key) == 1);
    if (EVP_PKEY_is_a(key, "RSA"))
        CHECK(EVP_PKEY_CTX_set_rsa_padding(options, padding) == 1);
    CHECK(EVP_DigestSign(context, ret_signature, &size, (const uint8_t *)text.data, text.size) ==
          1);
    EVP_MD_CTX_free(context);
    return size;
}

/* Both numbers at their full width, which is that of the curve. */
static size_t pair_of(const uint8_t *der, size_t size, int half, uint8_t *ret_pair)
{
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)size);
    CHECK(signature != NULL);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(signature), ret_pair, half) == half);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(signature), ret_pair + half, half) == half);
    ECDSA_SIG_free(signature);
    return (size_t)half * 2;
}

size_t signer_sign(EVP_PKEY *key, struct text text, uint8_t ret_signature[SIGNATURE_MAX])
{
    uint8_t plain[SIGNATURE_MAX];
    size_t size = sign_plainly(key, EVP_sha256(), RSA_PKCS1_PADDING, text, plain);
    if (!EVP_PKEY_is_a(key, "RSA"))
        return pair_of(plain, size, (EVP_PKEY_get_bits(key) + 7) / 8, ret_signature);
    memcpy(ret_signature, plain, size);
    return size;
}

static size_t sign_by_hmac(const char *secret, struct text text, uint8_t *ret_signature)
{
    unsigned size = 0;
    CHECK(HMAC(EVP_sha256(), secret, (int)strlen(secret), (const uint8_t *)text.data, text.size,
               ret_signature, &size) != NULL);
    return size;
}

/* Zero, one, the order and what is next to it. */
static void edge_number(uint64_t *random, uint8_t ret_number[HALF])
{
    BIGNUM *number = order_p256();
    size_t which = random_below(random, 6);
    if (which < 2)
        CHECK(BN_set_word(number, which) == 1);
    else if (which < 5)
        CHECK(BN_sub_word(number, which - 2) == 1);
    else
        CHECK(BN_add_word(number, 1) == 1);
    CHECK(BN_bn2binpad(number, ret_number, HALF) == HALF);
    BN_free(number);
}

/* The other s that holds for the same r: whoever has a token can make this one of it. */
static void turn_s(uint8_t s[HALF])
{
    BIGNUM *order = order_p256();
    BIGNUM *number = BN_bin2bn(s, HALF, NULL);
    CHECK(number != NULL && BN_sub(number, order, number) == 1);
    CHECK(BN_bn2binpad(number, s, HALF) == HALF);
    BN_free(number);
    BN_free(order);
}

/* Makes something else of r and s. Returns the size of it. */
static size_t bend_pair(uint8_t *pair, uint64_t *random)
{
    uint8_t other[HALF];
    switch (random_below(random, 6)) {
    case 0: turn_s(pair + HALF); return PAIR;
    case 1: edge_number(random, pair); return PAIR;
    case 2: edge_number(random, pair + HALF); return PAIR;
    case 3:
        edge_number(random, pair);
        edge_number(random, pair + HALF);
        return PAIR;
    case 4: /* exchanged */
        memcpy(other, pair, HALF);
        memcpy(pair, pair + HALF, HALF);
        memcpy(pair + HALF, other, HALF);
        return PAIR;
    default: /* each a byte wider, which means the same number */
        memmove(pair + HALF + 2, pair + HALF, HALF);
        memmove(pair + 1, pair, HALF);
        pair[0] = pair[HALF + 1] = 0;
        return PAIR + 2;
    }
}

/* Some bits turned, a byte more or less. */
static size_t bend_bytes(uint8_t *signature, size_t size, uint64_t *random)
{
    switch (random_below(random, 4)) {
    case 0: signature[size] = 0; return size + 1;
    case 1:
        memmove(signature + 1, signature, size);
        signature[0] = 0;
        return size + 1;
    case 2: return random_below(random, size);
    default:
        signature[random_below(random, size)] ^= (uint8_t)(1U << random_below(random, 8));
        return size;
    }
}

size_t signer_sign_otherwise(const struct signer *signer, struct text text, uint64_t *random,
                             uint8_t ret_signature[SIGNATURE_MAX])
{
    const bool elliptic = !EVP_PKEY_is_a(signer->key, "RSA");
    size_t size;
    switch (random_below(random, 7)) {
    case 0: return signer_sign(signer->other, text, ret_signature);
    case 1: return signer_sign(random_of(random, signer->strangers), text, ret_signature);
    case 2:
        return sign_by_hmac(random_below(random, 2) ? signer->public_pem : "", text, ret_signature);
    case 3: return 0;
    case 4: /* DER, or the other padding */
        return sign_plainly(signer->key, EVP_sha256(), RSA_PKCS1_PSS_PADDING, text, ret_signature);
    case 5:
        size = signer_sign(signer->key, text, ret_signature);
        return bend_bytes(ret_signature, size, random);
    default:
        if (!elliptic)
            return sign_plainly(signer->key, EVP_sha512(), RSA_PKCS1_PADDING, text, ret_signature);
        signer_sign(signer->key, text, ret_signature);
        return bend_pair(ret_signature, random);
    }
}
