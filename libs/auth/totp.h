/* totp.h - one-time passwords of six digits from a shared secret and the time: RFC 6238 with SHA-1
 * and steps of 30 seconds, as every authenticator does it. Pure, but for totp_secret().
 */
#ifndef AUTH_TOTP_H
#define AUTH_TOTP_H
#include "base/base.h"

enum {
    TOTP_SECRET_SIZE = 20,
    TOTP_SECRET_TEXT_SIZE = 32, /* in base32 */
    TOTP_DIGITS = 6,
    TOTP_STEP_S = 30,
    TOTP_STEPS_OFF = 1 /* how many steps a client's clock may be off, either way */
};

/* A secret nobody can foresee, as authenticators take it: base32 without padding, not terminated.
 */
void totp_secret(char ret_text[TOTP_SECRET_TEXT_SIZE]);
/* The bytes of such a text. ERR_INPUT: it is none. */
enum err totp_secret_parse(struct text text, uint8_t ret_secret[TOTP_SECRET_SIZE]) MUST_CHECK;

int64_t totp_step_of(int64_t time_us);
/* The code of a step, not terminated. */
void totp_code(const uint8_t secret[TOTP_SECRET_SIZE], int64_t step, char ret_code[TOTP_DIGITS]);
/* The step that `code` is of, within TOTP_STEPS_OFF of `step`; each is compared in the same time.
 * False: it is of none of them. */
bool totp_find(const uint8_t secret[TOTP_SECRET_SIZE], struct text code, int64_t step,
               int64_t *ret_step);

#endif
