#include "gateway/cors.h"

#include <string.h>

/* What a page may send and read, beside what every page may. */
#define METHODS "GET, POST, PUT, PATCH, DELETE"
#define SENDS                                                                                      \
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, "       \
    "X-API-Key, X-CSRF-Token, X-Position, X-Request-Id, traceparent"
#define READS                                                                                      \
    "ETag, Idempotent-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, X-Cache, "     \
    "X-Position, X-Projection-Position, X-Request-Id, traceparent"

bool cors_is_allowed(const struct gateway *gateway, struct text origin)
{
    struct text rest =
        gateway->config.cors_origins == NULL ? TEXT("") : text_of(gateway->config.cors_origins);
    while (rest.size > 0 && origin.size > 0) {
        const char *comma = memchr(rest.data, ',', rest.size);
        size_t size = comma == NULL ? rest.size : (size_t)(comma - rest.data);
        if (text_equal((struct text){.data = rest.data, .size = size}, origin))
            return true;
        size += comma != NULL;
        rest = (struct text){.data = rest.data + size, .size = rest.size - size};
    }
    return false;
}

/* Empty: the request is of no page of a configured origin. */
static struct text allowed_origin(const struct exchange *exchange)
{
    struct text origin = http_request_header(exchange->request, "Origin");
    return cors_is_allowed(exchange->gateway, origin) ? origin : TEXT("");
}

size_t cors_headers(const struct exchange *exchange, struct http_pair ret_headers[CORS_HEADERS_MAX])
{
    size_t count = 0;
    struct text origin = allowed_origin(exchange);
    if (exchange->gateway->config.cors_origins == NULL)
        return 0;
    ret_headers[count++] = (struct http_pair){TEXT("Vary"), TEXT("Origin")};
    if (origin.size == 0)
        return count;
    ret_headers[count++] = (struct http_pair){TEXT("Access-Control-Allow-Origin"), origin};
    ret_headers[count++] =
        (struct http_pair){TEXT("Access-Control-Allow-Credentials"), TEXT("true")};
    ret_headers[count++] = (struct http_pair){TEXT("Access-Control-Expose-Headers"), TEXT(READS)};
    return count;
}

bool cors_preflight(struct exchange *exchange)
{
    struct text wanted = http_request_header(exchange->request, "Access-Control-Request-Method");
    struct text origin = allowed_origin(exchange);
    if (!text_is(http_request_method(exchange->request), "OPTIONS") || wanted.size == 0 ||
        origin.size == 0)
        return false;
    struct http_pair headers[] = {
        {TEXT("Vary"), TEXT("Origin")},
        {TEXT("Access-Control-Allow-Origin"), origin},
        {TEXT("Access-Control-Allow-Credentials"), TEXT("true")},
        {TEXT("Access-Control-Allow-Methods"), TEXT(METHODS)},
        {TEXT("Access-Control-Allow-Headers"), TEXT(SENDS)},
        {TEXT("Access-Control-Max-Age"), TEXT("600")},
    };
    http_respond(exchange->request,
                 &(struct http_response){.status = 204, .headers = {headers, COUNT_OF(headers)}});
    return true;
}
