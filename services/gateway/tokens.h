/* tokens.h - the pair that a session is used with: an access token, verified by its signature, and
 * a refresh token, good once, for the next pair.
 *
 * A refresh token is a keyed token of session, user, generation and end: which generation is good
 * only settings knows, so nothing secret is stored anywhere and every gateway can make the next.
 */
#ifndef GATEWAY_TOKENS_H
#define GATEWAY_TOKENS_H
#include "gateway/gateway.h"

/* What settings has said of the session. */
struct tokens_grant {
    struct uuid session_id;
    struct uuid user_id;
    struct uuid account_id; /* nil: none */
    uint32_t roles;         /* AUTH_ROLE_BITs */
    int64_t generation;
    int64_t expires_at_us; /* the session's end, which no token outlives */
};

/* Makes the pair into the answer's members: access_token, refresh_token, token_type, expires_in; or
 * into cookies, where the exchange wants them, and their CSRF token into the members.
 * From here on the exchange's caller is the session. */
void tokens_issue(struct exchange *exchange, const struct tokens_grant *grant);

/* The same for a session that has just been opened, and with whose it is: `person`, JSON. */
void tokens_open(struct exchange *exchange, const struct session_opened *session,
                 struct text person);

/* Makes a refusal of a login that waits for its second factor, with the challenge to show it for: a
 * keyed token of session, user and end. */
void tokens_challenge(struct exchange *exchange, const struct login_challenged *challenged);
/* What such a challenge names. ERR_INPUT: it is none of ours, or its time is over. */
enum err tokens_read_challenge(const struct exchange *exchange, struct text token,
                               struct uuid *ret_session_id, struct uuid *ret_user_id) MUST_CHECK;

/* What a refresh token names: all but account and roles. ERR_INPUT: it is none of ours. */
enum err tokens_read_refresh(const struct gateway *gateway, struct text token,
                             struct tokens_grant *ret_grant) MUST_CHECK;

#endif
