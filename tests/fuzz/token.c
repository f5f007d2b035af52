/* token.c - an access token: any text is refused, and a payload of anything that our key has signed
 * is refused or says who its bearer is. The first byte says which: 0 is a token as it comes, 1 a
 * payload and 2 a header, to be signed. */
#include "auth/internal.h"
#include "base/time.h"
#include "fuzz.h"
#include "seal/seal.h"

#include <openssl/ec.h>
#include <openssl/pem.h>

enum { NOON_S = 1795348800, ROLES = (1 << AUTH_ROLE_COUNT) - 1 };

static struct auth *open_auth(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *memory = BIO_new(BIO_s_mem());
    struct auth *auth;
    char *pem = NULL;
    CHECK(seal_init() == OK);
    CHECK(PEM_write_bio_PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL) == 1);
    long size = BIO_get_mem_data(memory, &pem);
    CHECK(auth_open((struct text){pem, (size_t)size}, &auth) == OK);
    BIO_free(memory);
    EVP_PKEY_free(key);
    return auth;
}

static void append_segment(struct buffer *token, struct text text)
{
    if (token->size > 0)
        buffer_byte(token, '.');
    base64url_encode(token, text.data, text.size);
}

/* Header and payload with our signature behind. */
static void sign(const struct auth *auth, struct text header, struct text payload,
                 struct buffer *token)
{
    uint8_t signature[AUTH_SIGNATURE_SIZE];
    append_segment(token, header);
    append_segment(token, payload);
    auth_sign(&auth->keys.list[0], buffer_as_text(token), signature);
    append_segment(token, (struct text){(const char *)signature, sizeof signature});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct auth *auth;
    char header[200];
    if (auth == NULL)
        auth = open_auth();
    int header_size =
        snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\"}",
                 AUTH_KID_SIZE, auth->keys.list[0].kid);
    struct fuzz_input input = {data, size};
    uint8_t kind = fuzz_byte(&input);
    struct text text = {(const char *)input.data, input.size};
    struct auth_claims claims;
    struct buffer token;
    buffer_init(&token, (size_t)4 * AUTH_TOKEN_MAX);
    if (kind == 1)
        sign(auth, (struct text){header, (size_t)header_size}, text, &token);
    else if (kind == 2)
        sign(auth, text, TEXT("{}"), &token);
    else
        buffer_text(&token, text);
    if (buffer_ok(&token) &&
        auth_verify(auth, buffer_as_text(&token), NOON_S * SECOND_US, &claims) == AUTH_VALID) {
        CHECK(kind == 1 && (claims.roles & ~(uint32_t)ROLES) == 0);
        CHECK(claims.expires_at_us > NOON_S * SECOND_US);
    }
    buffer_free(&token);
    return 0;
}
