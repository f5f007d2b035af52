#include "auth/id_token.h"

#include "auth/base64url.h"
#include "json/json.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

enum { NUMBER_MAX = 1024, BITS_MIN = 2048, SKEW_S = 60 };

#define SECOND_US INT64_C(1000000)

/* The JSON in a segment. NULL: it holds no object. */
static const struct json_value *object_in(struct text segment, struct arena *arena)
{
    uint8_t *bytes = arena_alloc(arena, ID_TOKEN_MAX);
    size_t size;
    const struct json_value *value;
    struct json_error error;
    if (base64url_decode(segment, ID_TOKEN_MAX, bytes, &size) != OK ||
        json_parse((struct text){(const char *)bytes, size}, ID_TOKEN_MAX, arena, &value, &error) !=
            OK ||
        value->kind != JSON_OBJECT)
        return NULL;
    return value;
}

static struct text string_of(const struct json_value *object, const char *name)
{
    const struct json_value *value = json_value_member(object, name);
    return value != NULL && value->kind == JSON_STRING ? value->text : TEXT("");
}

static BIGNUM *number_of(const struct json_value *key, const char *name)
{
    uint8_t bytes[NUMBER_MAX];
    size_t size;
    if (base64url_decode(string_of(key, name), sizeof bytes, bytes, &size) != OK || size == 0)
        return NULL;
    return BN_bin2bn(bytes, (int)size, NULL);
}

/* The RSA key that a JWK is. NULL: it is none, or too weak a one. */
static EVP_PKEY *key_of(const struct json_value *jwk)
{
    EVP_PKEY *key = NULL;
    BIGNUM *n = number_of(jwk, "n"), *e = number_of(jwk, "e");
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM *params = NULL;
    CHECK(builder != NULL && context != NULL);
    if (n != NULL && e != NULL && BN_num_bits(n) >= BITS_MIN &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1 &&
        (params = OSSL_PARAM_BLD_to_param(builder)) != NULL &&
        EVP_PKEY_fromdata_init(context) == 1 &&
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    BN_free(n);
    BN_free(e);
    return key;
}

/* The JWK of that kid, where the token names one; else the only RSA key there is. */
static const struct json_value *find_key(const struct json_value *set, struct text kid)
{
    const struct json_value *found = NULL;
    const struct json_value *keys = json_value_member(set, "keys");
    for (const struct json_value *key = keys != NULL ? keys->first : NULL; key != NULL;
         key = key->next) {
        if (!text_is(string_of(key, "kty"), "RSA") ||
            (kid.size > 0 && !text_equal(string_of(key, "kid"), kid)))
            continue;
        if (found != NULL)
            return NULL;
        found = key;
    }
    return found;
}

static bool signature_holds(const struct json_value *jwk, struct text signed_part,
                            struct text signature)
{
    uint8_t bytes[NUMBER_MAX];
    size_t size;
    EVP_PKEY *key = key_of(jwk);
    if (key == NULL || base64url_decode(signature, sizeof bytes, bytes, &size) != OK) {
        EVP_PKEY_free(key);
        return false;
    }
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    CHECK(context != NULL);
    bool holds = EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                 EVP_DigestVerify(context, bytes, size, (const uint8_t *)signed_part.data,
                                  signed_part.size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return holds;
}

/* A text, or an array with ours and no other: whom else it is for, we do not trust (azp). */
static bool is_for(const struct json_value *payload, struct text audience)
{
    const struct json_value *value = json_value_member(payload, "aud");
    if (value != NULL && value->kind == JSON_ARRAY && value->count == 1)
        value = value->first;
    return value != NULL && value->kind == JSON_STRING && text_equal(value->text, audience);
}

static const char *fault_of_claims(const struct json_value *payload,
                                   const struct id_token_wanted *wanted)
{
    int64_t now_s = wanted->now_us / SECOND_US, issued_s = 0, expires_s = 0;
    const struct json_value *issued = json_value_member(payload, "iat");
    const struct json_value *expires = json_value_member(payload, "exp");
    if (!text_equal(string_of(payload, "iss"), wanted->issuer))
        return "another issuer";
    if (!is_for(payload, wanted->audience))
        return "another audience";
    if (!text_equal(string_of(payload, "nonce"), wanted->nonce))
        return "another nonce";
    if (issued == NULL || json_value_int(issued, &issued_s) != OK || issued_s > now_s + SKEW_S)
        return "issued at no time, or later";
    if (expires == NULL || json_value_int(expires, &expires_s) != OK || expires_s <= now_s - SKEW_S)
        return "expired";
    return string_of(payload, "sub").size == 0 ? "nobody's" : NULL;
}

static enum err deny(const char **ret_reason, const char *reason)
{
    *ret_reason = reason;
    return ERR_DENIED;
}

enum err id_token_verify(struct text token, struct text keys, const struct id_token_wanted *wanted,
                         struct arena *arena, struct id_token *ret_token, const char **ret_reason)
{
    const char *first = memchr(token.data, '.', token.size);
    const char *second = memrchr(token.data, '.', token.size);
    const struct json_value *set;
    struct json_error error;
    if (token.size > ID_TOKEN_MAX || first == NULL || first == second)
        return deny(ret_reason, "no token");
    const char *end = token.data + token.size;
    const struct json_value *header =
        object_in((struct text){token.data, (size_t)(first - token.data)}, arena);
    const struct json_value *payload =
        object_in((struct text){first + 1, (size_t)(second - first - 1)}, arena);
    if (header == NULL || payload == NULL || !text_is(string_of(header, "alg"), "RS256") ||
        json_value_member(header, "crit") != NULL || json_value_member(header, "b64") != NULL)
        return deny(ret_reason, "no RS256 token");
    if (json_parse(keys, ID_TOKEN_KEYS_MAX, arena, &set, &error) != OK)
        return deny(ret_reason, "no key set");
    const struct json_value *jwk = find_key(set, string_of(header, "kid"));
    if (jwk == NULL ||
        !signature_holds(jwk, (struct text){token.data, (size_t)(second - token.data)},
                         (struct text){second + 1, (size_t)(end - second - 1)}))
        return deny(ret_reason, "not signed by a key of the set");
    const char *fault = fault_of_claims(payload, wanted);
    if (fault != NULL)
        return deny(ret_reason, fault);
    const struct json_value *verified = json_value_member(payload, "email_verified");
    *ret_token =
        (struct id_token){.subject = string_of(payload, "sub"),
                          .email = string_of(payload, "email"),
                          .email_verified = verified != NULL && verified->kind == JSON_TRUE};
    return OK;
}
