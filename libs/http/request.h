/* request.h - one HTTP request: what its handler may ask of it.
 *
 * Owner    the handler owns the request it is given until it calls http_respond(), at once or later
 *          from any other thread; everything below stays valid until then, and not after.
 * Thread   one at a time: the handler's, then the one that answers. Only http_request_user() and
 *          what never changes (all accessors below) may be used by `expired` beside the owner.
 * Text     what an accessor gives is valid UTF-8, percent-decoded where said, with a zero behind
 * it.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H
#include "base/arena.h"
#include "base/base.h"

struct http_request; /* laid out in internal.h */

/* A name and its value: a header or a query parameter. */
struct http_pair {
    struct text name;
    struct text value;
};
struct http_pairs {
    const struct http_pair *rows;
    size_t count;
};

/* "GET", "POST", ... as the client wrote it. */
struct text http_request_method(const struct http_request *request);
/* The path as sent, still percent-encoded, starting with '/', without the query. */
struct text http_request_path(const struct http_request *request);
/* The query parameters in their order, decoded; the same name may come more than once. */
struct http_pairs http_request_query(const struct http_request *request);
/* The first query parameter of that name. False: there is none; *ret_value is then untouched. */
bool http_request_query_find(const struct http_request *request, const char *name,
                             struct text *ret_value);
/* All headers in their order. Their values are as sent, so not necessarily UTF-8. */
struct http_pairs http_request_headers(const struct http_request *request);
/* The first header of that name, letter case ignored; the empty text when there is none. */
struct text http_request_header(const struct http_request *request, const char *name);
/* All of it, or, where it comes part by part, the part that its handler was told of (upload.h). */
struct bytes http_request_body(const struct http_request *request);
/* The client's address as text, without the port: "127.0.0.1", "::1". Behind a trusted proxy it is
 * what that says (forwarded.h). */
struct text http_request_address(const struct http_request *request);
/* Whether the client spoke TLS: with us, or with the trusted proxy that brings the request. */
bool http_request_by_tls(const struct http_request *request);
/* The X-Request-Id: the client's where it sent a sane one, else a new one. */
struct text http_request_id(const struct http_request *request);
/* Memory that lives as long as the request. For its owner only. */
struct arena *http_request_arena(struct http_request *request);
/* When the request was whole, CLOCK_MONOTONIC; where its body comes part by part, until then when
 * its head was in. */
int64_t http_request_began_ns(const struct http_request *request);

/* A pointer of the handler's for `expired` and `answered`, best into the request's arena. May be
 * set inside the handler only, before it returns or hands the request on. */
void http_request_set_user(struct http_request *request, void *user);
void *http_request_user(const struct http_request *request);
/* Waits `timeout_ms` for the answer instead of the server's answer_timeout_ms. Same rule. */
void http_request_set_timeout(struct http_request *request, uint32_t timeout_ms);

#endif
