/* upload.h - a body that comes part by part, to a handler that is called as soon as the head is in:
 * for operations whose body may be larger than most (server.h: `body_limit`).
 *
 *     handle() --http_upload_await()--> PART --http_upload_await()--> PART ... LAST
 * --http_respond()
 *                                         `----------> GONE (the client, its time, or the server)
 *
 * Bounds   one part is in memory, HTTP_UPLOAD_PART_SIZE of it; its client sends no more than the
 *          sockets hold until the next one is awaited. All of it has one deadline, whoever is slow.
 * Early    http_respond() may come before the last part: what still comes is dropped, and the
 * client reads the answer behind it. One that comes while the handler runs, before the first part,
 *          is sent at once and ends the connection.
 * Whole    a body that is no larger than most comes whole, and is the last part by itself.
 * Owner    the request is its handler's but from http_upload_await() until `ready` is called.
 */
#ifndef HTTP_UPLOAD_H
#define HTTP_UPLOAD_H
#include "http/request.h"

enum { HTTP_UPLOAD_PART_SIZE = 256 << 10 };

enum http_upload_news {
    HTTP_UPLOAD_PART, /* http_request_body() is the next part, a full one; more may come */
    HTTP_UPLOAD_LAST, /* it is what is left, which may be nothing */
    HTTP_UPLOAD_GONE  /* there will be no more, and nobody reads the answer, which is due still */
};

/* Whether the body comes part by part, and is not there yet. */
bool http_request_uploads(const struct http_request *request);
/* Has `ended` called once, on any thread, when the place of the body among the large ones is free
 * again. For one that comes part by part alone. */
void http_upload_on_end(struct http_request *request, void (*ended)(void *context), void *context);
/* Gives the part before back, and calls `ready` once for the next: perhaps before this returns, or
 * on a thread that it must not hold up. Not behind the last. */
void http_upload_await(struct http_request *request,
                       void (*ready)(void *context, enum http_upload_news news), void *context);

#endif
