#include "auth/totp.h"

#include "auth/base32.h"
#include "seal/seal.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum { MAC_SIZE = 20, MODULUS = 1000000 };

_Static_assert(TOTP_SECRET_TEXT_SIZE == BASE32_SIZE(TOTP_SECRET_SIZE), "whole groups");

void totp_secret(char ret_text[TOTP_SECRET_TEXT_SIZE])
{
    uint8_t secret[TOTP_SECRET_SIZE];
    seal_random(secret, sizeof secret);
    base32_encode(secret, sizeof secret, ret_text);
    seal_wipe(secret, sizeof secret);
}

enum err totp_secret_parse(struct text text, uint8_t ret_secret[TOTP_SECRET_SIZE])
{
    return base32_decode(text, TOTP_SECRET_SIZE, ret_secret);
}

int64_t totp_step_of(int64_t time_us)
{
    return time_us / (TOTP_STEP_S * INT64_C(1000000));
}

/* RFC 4226, section 5.3: the last four bits say where the 31 bits of the number are. */
void totp_code(const uint8_t secret[TOTP_SECRET_SIZE], int64_t step, char ret_code[TOTP_DIGITS])
{
    uint8_t counter[8], mac[MAC_SIZE];
    unsigned mac_size = sizeof mac;
    for (size_t i = 0; i < sizeof counter; i++)
        counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
    CHECK(HMAC(EVP_sha1(), secret, TOTP_SECRET_SIZE, counter, sizeof counter, mac, &mac_size) !=
          NULL);
    const uint8_t *place = mac + (mac[MAC_SIZE - 1] & 15);
    uint32_t number = (uint32_t)(place[0] & 0x7f) << 24 | (uint32_t)place[1] << 16 |
                      (uint32_t)place[2] << 8 | place[3];
    number %= MODULUS;
    for (size_t i = TOTP_DIGITS; i > 0; i--, number /= 10)
        ret_code[i - 1] = (char)('0' + number % 10);
    seal_wipe(mac, sizeof mac);
}

bool totp_find(const uint8_t secret[TOTP_SECRET_SIZE], struct text code, int64_t step,
               int64_t *ret_step)
{
    bool found = false;
    for (int64_t off = -TOTP_STEPS_OFF; off <= TOTP_STEPS_OFF; off++) {
        char expected[TOTP_DIGITS];
        totp_code(secret, step + off, expected);
        struct bytes a = {(const uint8_t *)expected, sizeof expected};
        struct bytes b = {(const uint8_t *)code.data, code.size};
        if (seal_equal(a, b)) {
            *ret_step = step + off;
            found = true;
        }
    }
    return found;
}
