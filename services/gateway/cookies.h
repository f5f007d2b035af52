/* cookies.h - tokens in cookies, for pages: what a script cannot read it cannot give away.
 *
 * A login that says `"cookie": true` gets its tokens as __Host- cookies (HttpOnly, Secure,
 * SameSite=Strict) instead of in the body, and a CSRF token, which is that of its session. Whoever
 * is known by a cookie alone sends it with each request that changes something, as X-CSRF-Token,
 * from an origin that is the venue's own or configured; else CSRF_FAILED. The login itself comes
 * from such an origin, too: a browser stores the cookies that answer a foreign page's form, and
 * whoever looks at it would go on as whoever made it.
 */
#ifndef GATEWAY_COOKIES_H
#define GATEWAY_COOKIES_H
#include "gateway/gateway.h"

/* Has the exchange's tokens go into cookies, where the request's body asks for that. False: a page
 * that is neither the venue's own nor of a configured origin asks, and has been answered
 * CSRF_FAILED. */
bool cookies_admit_login(struct exchange *exchange) MUST_CHECK;
/* The access and the refresh token that the request's cookies have; empty: none. */
struct text cookies_access(const struct http_request *request);
struct text cookies_refresh(const struct http_request *request);

/* The request's cookie of that name; empty: none. */
struct text cookies_named(const struct http_request *request, const char *name);

/* The CSRF token of a session. */
struct text cookies_csrf_token(const struct exchange *exchange, struct uuid session_id);
/* Whether a request that cookies stand behind is the session's own page's. False: it has been
 * answered CSRF_FAILED. */
bool cookies_admit(struct exchange *exchange, struct uuid session_id) MUST_CHECK;

/* Has the answer set both cookies, each for so many seconds; empty tokens: has them forgotten. */
void cookies_set(struct exchange *exchange, struct text access, int64_t access_s,
                 struct text refresh, int64_t refresh_s);

#endif
