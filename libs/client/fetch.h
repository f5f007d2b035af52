/* fetch.h - one request to somebody else's server, such as an OpenID provider. In this room because
 * of curl/curl.h.
 *
 * Bounds   FETCH_TIMEOUT_MS and FETCH_SIZE_MAX; redirects are not followed.
 * Waits    for the answer: never on a thread that others wait for.
 */
#ifndef CLIENT_FETCH_H
#define CLIENT_FETCH_H
#include "base/base.h"
#include "base/buffer.h"

enum { FETCH_TIMEOUT_MS = 5000, FETCH_SIZE_MAX = 1 << 20 };

/* GETs `url` ("https://...", or "http://..." where the caller allows that), or POSTs `form` where
 * that is not NULL, as application/x-www-form-urlencoded. OK: answered with 200, the body in
 * `body`. ERR_DENIED: answered with something else; ERR_BUSY: not answered. */
enum err fetch(const char *url, const char *form, struct buffer *body) MUST_CHECK;
/* Appends NAME=VALUE to a form, behind an & where it has begun. */
void fetch_form_add(struct buffer *form, const char *name, struct text value);

#endif
