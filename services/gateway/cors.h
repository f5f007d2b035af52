/* cors.h - pages of other origins (Fetch, CORS): only those of BOURSE_CORS_ORIGINS are answered in
 * a way that a browser lets them read. */
#ifndef GATEWAY_CORS_H
#define GATEWAY_CORS_H
#include "gateway/gateway.h"

enum { CORS_HEADERS_MAX = 4 };

/* Whether the origin is one of those configured. */
bool cors_is_allowed(const struct gateway *gateway, struct text origin);
/* The headers that every answer to the request has; gives how many. */
size_t cors_headers(const struct exchange *exchange,
                    struct http_pair ret_headers[CORS_HEADERS_MAX]);
/* Answers a preflight of a configured origin. False: it is none, and the exchange is the caller's
 * still. */
bool cors_preflight(struct exchange *exchange) MUST_CHECK;

#endif
