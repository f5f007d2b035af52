/* mail_token.h - what a mail of ours carries, and whoever brings it back has shown to read that
 * mail. Nothing is stored: a keyed token (keyed_token.h) of user, version and end. It is good once
 * because what it is for moves the version on.
 */
#ifndef AUTH_MAIL_TOKEN_H
#define AUTH_MAIL_TOKEN_H
#include "auth/keyed_token.h"
#include "base/uuid.h"

#define MAIL_TOKEN_VERIFY "verify-email"
#define MAIL_TOKEN_RESET  "reset-password"

struct mail_token {
    struct uuid user_id;
    int64_t version; /* of the password that is to be replaced; of an address 0 */
    int64_t expires_at_us;
};

struct text mail_token_make(const struct seal_key *key, const char *purpose,
                            const struct mail_token *token, struct arena *arena);
/* ERR_INPUT: it is none of this purpose, or its time is over. */
enum err mail_token_open(const struct seal_key *key, const char *purpose, struct text text,
                         int64_t now_us, struct mail_token *ret_token) MUST_CHECK;

#endif
