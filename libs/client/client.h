/* client.h - a caller of the API: JSON over HTTPS as one user, on a connection that is kept alive.
 *
 * Room     the only one with curl/curl.h.
 * Waits    until the gateway has answered for good: what it cannot take now (429, 503) or does not
 *          know the outcome of yet (202) is sent again after its Retry-After, CLIENT_PATIENCE_MS in
 *          all. So whatever changes something needs an idempotency key. A signal that has a handler
 *          ends the wait.
 * Secrets  a password is kept to sign in again when the token expires; client_free() wipes it.
 * Thread   one at a time a client.
 */
#ifndef CLIENT_H
#define CLIENT_H
#include "base/base.h"

enum { CLIENT_TIMEOUT_MS = 15000, CLIENT_PATIENCE_MS = 30000, CLIENT_ANSWER_SIZE_MAX = 1 << 20 };

struct client; /* laid out in client.c */

struct client_request {
    const char *method;
    const char *path;  /* below /api/v1/ */
    struct text body;  /* JSON; empty: none */
    const char *again; /* the Idempotency-Key; NULL: none */
};

/* New client of the gateway at `url` ("https://host:port"), whose certificate is signed by an
 * authority in `authority_pem`, or by one that the machine knows where that is NULL. The caller
 * owns it, and keeps both texts. */
struct client *client_new(const char *url, const char *authority_pem) MUST_CHECK;
/* Ends the connection and wipes the password. NULL does nothing. */
void client_free(struct client *client);

/* Signs in; what is called from now on is called as that user. Errors as client_call(). */
enum err client_sign_in(struct client *client, const char *email, const char *password) MUST_CHECK;

/* Sends one request. OK: answered with 200 or 201, and the JSON body is in *ret_answer until the
 * next call. ERR_DENIED: refused; ERR_BUSY: no answer, or no answer for good within the patience.
 * client_problem() says which and why. */
enum err client_call(struct client *client, const struct client_request *request,
                     struct text *ret_answer) MUST_CHECK;

/* What the last call that failed failed of, for people: "409 PRICE_BAND: ...". Until the next. */
const char *client_problem(const struct client *client);

#endif
