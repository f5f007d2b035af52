/* response.h - the answer to a request, and the headers every answer has.
 *
 * Every answer gets Strict-Transport-Security, Content-Security-Policy, X-Content-Type-Options,
 * X-Frame-Options, Referrer-Policy, Permissions-Policy, Cache-Control: no-store and X-Request-Id; a
 * header of the same name among the response's own replaces the standard one.
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H
#include "http/request.h"

struct http_response {
    unsigned status;          /* 200..599 */
    struct text content_type; /* empty: the answer has no body */
    struct text body;         /* copied, so the caller's again after http_respond() */
    struct text etag; /* with its quotes; empty: none. It names the version of the thing; that of a
                         compressed answer has the coding behind it, and is taken for the same when
                         it comes back. If-None-Match gives 304. */
    bool etag_part;   /* the body shows more than the etag stands for: never 304 */
    bool whole;       /* of a stream: worth nothing in part, so what is not ended is cut */
    struct http_pairs headers;
};

/* How much a client likes `name`, in thousandths, by the value of an Accept or Accept-Encoding
 * header: its own weight, else that of a bare `*`; 0: it does not take it. The first one named
 * counts. */
int http_accept_weight(struct text accept, const char *name);

/* Whether the client takes answers in that coding, "br" or "gzip": for who has them coded already,
 * and says so by a Content-Encoding of its own. */
bool http_accepts_coding(const struct http_request *request, const char *coding);

/* Answers and gives the request up: the caller must not touch it any more. Exactly once for each
 * request. Where the deadline was faster, or the client is gone, the answer is dropped. Compresses
 * bodies of 1 kB and more for clients that take zstd or gzip. From any thread; never waits for the
 * client. CHECKs the status, and that header names and values have no line breaks. */
void http_respond(struct http_request *request, const struct http_response *response);

#endif
