/* server.h - an HTTP/1.1 server on one address: TLS or plain, a handler, bounds on everything.
 *
 * A request goes:   reading  --whole-->  handling  --kept-->  waiting  --http_respond()-->  writing
 *                                            `--------http_respond() in the handler---------^
 *
 * An answer that goes on (stream.h) writes until it ends, each piece with a deadline of its own.
 *
 * Bounds   each stage has an absolute deadline, whatever trickles in between: reading (from the
 * first byte, or the connect, TLS included) and writing end in a cut connection, waiting ends in
 *          `expired`'s answer. Connections in all and of one address, header and body bytes too.
 *          There are no more connections than the process may have descriptors for. Near the most,
 *          or where descriptors run out all the same, those idle for longest are ended for those
 *          that come, who else wait in the kernel until there are some again.
 * TLS      1.2 and 1.3, with forward secrecy and authenticated encryption only.
 * Refusals what a proxy could read differently is refused with 400 and the connection closed: a
 *          Transfer-Encoding that is not exactly "chunked", or beside a Content-Length; a second
 *          Content-Length or Host; a malformed percent sequence or UTF-8 in the target.
 * Thread   the handler runs on the server's threads and must not block; `expired` on another one.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H
#include "http/forwarded.h"
#include "http/response.h"

struct http_server; /* laid out in internal.h */

enum { HTTP_REQUEST_ID_SIZE_MAX = 64, HTTP_REASON_SIZE = 256 };

struct http_server_options {
    const char *address;         /* numeric IPv4 or IPv6 */
    uint16_t port;               /* 0: any free one, see http_server_port() */
    const char *certificate_pem; /* chain; NULL: plain HTTP */
    const char *key_pem;
    /* Whose word on where a request comes from is taken. They may have any number of connections.
     */
    struct http_proxies proxies;
    unsigned threads; /* 0: 1; at most 16 */

    void *context; /* handed to the callbacks below */
    /* Answers `request` with http_respond(), now or later from another thread; see request.h. */
    void (*handle)(void *context, struct http_request *request);
    /* Says what to answer when nobody did in time; texts from `arena`. NULL: 503 OVERLOADED. */
    void (*expired)(void *context, const struct http_request *request, struct arena *arena,
                    struct http_response *ret_response);
    /* Told after each answer was sent or failed to be: for access log and metrics. NULL: nobody. */
    void (*answered)(void *context, const struct http_request *request, unsigned status);
    /* Told by the thread that accepts that it cannot, for want of descriptors or memory, with what
     * the system says; once, until it could again. NULL: nobody. */
    void (*starved)(void *context, const char *problem);
    /* Writes a new request id and gives its size, at most HTTP_REQUEST_ID_SIZE_MAX. */
    size_t (*make_request_id)(void *context, char ret_id[HTTP_REQUEST_ID_SIZE_MAX]);

    /* The most that the body of this request, whose head is in, may have. NULL: body_size_max. One
     * that has more, or does not say, comes part by part (upload.h), counts among large_bodies_max,
     * and has six times as long to come. */
    size_t (*body_limit)(void *context, struct http_request *request);

    /* Each 0 means the default. */
    uint32_t read_timeout_ms;             /* 10 000: a whole request, from its first line */
    uint32_t idle_timeout_ms;             /* 60 000: between requests */
    uint32_t answer_timeout_ms;           /* 10 000: the handler's answer */
    uint32_t write_timeout_ms;            /* 30 000: the client reading the answer */
    uint32_t stop_timeout_ms;             /* 5 000: http_server_stop() waits for answers */
    uint32_t leave_timeout_ms;            /* none: it first waits for connections to be given up */
    unsigned connections_max;             /* 10 000 */
    unsigned connections_per_address_max; /* 1 000; IPv6: per /64 (base/network.h) */
    size_t head_size_max;                 /* 16 384: memory of a connection, so line plus headers */
    size_t body_size_max;                 /* 65 536 */
    unsigned large_bodies_max;            /* 64 at a time: of each a part is held */
    size_t arena_size_max;                /* 64 MiB: what a request's handling may take */
};

/* Starts to listen and serve; the caller owns *ret_server. ERR_CONFIG: it could not, and ret_reason
 * says in one line why: the address is taken, the key does not fit, ... */
enum err http_server_start(const struct http_server_options *options,
                           struct http_server **ret_server,
                           char ret_reason[HTTP_REASON_SIZE]) MUST_CHECK;
/* Shows another certificate from the next handshake on; connections that stand are left alone.
 * ERR_INPUT: that is no pair of certificate and key, says ret_reason, and all stays as it was. */
enum err http_server_set_certificate(struct http_server *server, const char *certificate_pem,
                                     const char *key_pem,
                                     char ret_reason[HTTP_REASON_SIZE]) MUST_CHECK;
/* When the certificate ends, in seconds since 1970; 0: there is none. */
int64_t http_server_certificate_end_s(struct http_server *server);
/* The port it listens on. */
uint16_t http_server_port(const struct http_server *server);
/* Refuses new connections, ends all streams, answers each request that still comes as the last of
 * its connection, until none is kept any more, at most leave_timeout_ms and until stop_timeout_ms
 * behind that; then answers those that are kept with 503, ends all connections and threads and
 * frees the server: within 3 s more. Requests still kept by somebody stay valid until their
 * http_respond(), and streams until their http_stream_end(). NULL does nothing. */
void http_server_stop(struct http_server *server);

/* A `handle` for a plain listener: 308 to the same target under `context`, a const char * such as
 * "https://bourse.example" (no slash at its end). */
void http_redirect(void *context, struct http_request *request);

#endif
