/* internal.h - what the files of the server share; for libs/http alone.
 *
 * Lock     server->lock guards the list of connections and all that is marked "locked" below. It is
 *          held for a few lines at a time, MHD_suspend_connection() and MHD_resume_connection()
 *          among them: so a connection whose request is suspended cannot vanish beside the holder.
 * Owner    a request has one reference of its connection's, given back when microhttpd has finished
 *          with it, and one of whoever has to answer. A server has one of its user's and one of
 * each request's, so a late http_respond() finds both.
 */
#ifndef HTTP_INTERNAL_H
#define HTTP_INTERNAL_H
#include "base/buffer.h"
#include "http/problem.h"
#include "http/server.h"
#include "http/stream.h"
#include "http/upload.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include <gnutls/abstract.h>
#include <microhttpd.h>

enum { HTTP_THREADS_MAX = 16 };

/* GnuTLS' words. No key exchange without forward secrecy, no CBC, no SHA-1. */
#define HTTP_TLS_PRIORITIES                                                                        \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:"      \
    "+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:-MAC-ALL:+AEAD:-GROUP-ALL:+GROUP-X25519:"        \
    "+GROUP-SECP256R1:+GROUP-SECP384R1:-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:%SERVER_PRECEDENCE"

enum http_coding { HTTP_CODING_NONE, HTTP_CODING_ZSTD, HTTP_CODING_GZIP, HTTP_CODINGS };

enum http_stage { HTTP_STAGE_HEAD, HTTP_STAGE_BODY, HTTP_STAGE_HANDED };

struct http_connection {
    struct http_connection *next; /* locked, as the rest */
    struct http_connection *previous;
    struct http_server *server;
    struct http_loop *loop;
    struct http_request *request; /* the one under way, or NULL */
    int64_t deadline_ns;
    int socket;
    bool cut;     /* shut down already; microhttpd is about to see it */
    bool lingers; /* was refused while its client may still send; its thread's alone */
    char address[INET6_ADDRSTRLEN];
};

struct http_request {
    atomic_uint references;
    struct http_server *server;
    struct http_connection *connection; /* locked; NULL once microhttpd has finished with it */
    struct MHD_Connection *mhd;
    struct MHD_Response *answer; /* locked; waits to be queued */
    unsigned status;             /* locked; 0 until answered */
    bool suspended;              /* locked */
    bool resumed;                /* locked; microhttpd was told, and has not come back yet */
    struct http_stream *stream;  /* locked; its answer goes on; NULL: it does not */
    enum http_stage stage;       /* of the connection's thread alone */
    bool close;                  /* the connection ends with the answer */
    struct http_upload *upload;  /* its body comes part by part, and is counted; NULL: whole */
    int64_t began_ns;
    uint32_t timeout_ms;
    void *user;

    struct arena *arena;
    struct text target; /* as sent */
    struct text method;
    struct text path;
    struct text id;
    struct text address;
    bool by_tls;
    struct http_pairs query;
    struct http_pairs headers;
    struct buffer body;
};

struct http_line;        /* laid out in admit.c only */
struct http_certificate; /* laid out in certificate.c only */

/* A socket that is kept until its client has read the refusal; see linger.c. */
struct http_lingerer {
    int socket;
    int64_t deadline_ns;
    size_t left; /* bytes that are still dropped */
};

/* A connection that was accepted, on its way to the thread that will serve it. */
struct http_arrival {
    int socket;
    socklen_t size;
    struct sockaddr_storage address;
};

enum { HTTP_ARRIVALS_MAX = 32 };

/* A thread that serves, and its daemon. */
struct http_loop {
    struct http_server *server;
    struct MHD_Daemon *daemon;
    int epoll_fd;
    int wake_fd;             /* an eventfd among the daemon's events */
    atomic_bool woken;       /* it was written to since the thread last looked */
    atomic_uint connections; /* those on their way included */
    unsigned begun;          /* of its thread alone: all there have been */
    struct http_arrival arrivals[HTTP_ARRIVALS_MAX]; /* locked */
    atomic_uint arrivals_count;                      /* changed under the lock */
    pthread_t thread;
};

enum { HTTP_LINGERERS_MAX = 256, HTTP_SPARES_MAX = 512 };

struct http_server {
    atomic_uint references;
    struct http_server_options options; /* with the defaults filled in */
    int listener;
    uint16_t port;
    struct http_loop loops[HTTP_THREADS_MAX];
    pthread_mutex_t lock;
    pthread_cond_t changed;               /* a request ended, or the server is stopping */
    struct http_certificate *certificate; /* locked, as the rest; NULL: plain HTTP */
    struct http_line *lines;              /* who has how many of the next */
    size_t connections_count;
    struct http_connection *oldest;
    struct http_connection *connections;
    size_t handed; /* requests the handler was given and whose answer is not sent */
    size_t suspended;
    struct http_lingerer lingerers[HTTP_LINGERERS_MAX]; /* added by all, removed by deadline.c */
    size_t lingerers_count;
    bool draining;     /* each answer is the last of its connection */
    bool closing;      /* and what still comes gets none */
    atomic_bool quiet; /* nobody is accepted any more */
    atomic_bool stopping;
    atomic_uint large_bodies;
    struct arena *spares[HTTP_SPARES_MAX]; /* of requests that ended, for those that come */
    size_t spares_count;
    pthread_t deadline_thread;
    pthread_t accept_thread;
};

/* CLOCK_MONOTONIC. */
int64_t http_now_ns(void);

/* loop.c: listens and serves on threads of its own. False: it could not, as ret_reason says. Then:
 * no new connections; the end of the threads, once the server is stopping; the end of it all. */
bool http_loops_start(struct http_server *server, const struct sockaddr_storage *address,
                      char ret_reason[HTTP_REASON_SIZE]) MUST_CHECK;
void http_loops_quiesce(struct http_server *server);
/* Under the lock: has the thread of a suspended request's connection take it up again, at once.
 * Nothing where it is not suspended or was told already: microhttpd would keep a second resume for
 * its next suspension, which then would not happen. */
void http_loop_resume(struct http_request *request);
/* Has the thread look, now or if it is just about to sleep. */
void http_loop_wake(struct http_loop *loop);
void http_loops_join(struct http_server *server);
void http_loops_end(struct http_server *server);

/* admit.c: microhttpd's question whether an address may connect. Then under the lock: a connection
 * of an address begins, and ends; those idle for longest are cut where there are more than `most`.
 */
enum MHD_Result http_on_accept(void *server, const struct sockaddr *address, socklen_t size);
void http_address_print(const struct sockaddr *address, char ret_text[INET6_ADDRSTRLEN]);
void http_line_enter(struct http_server *server, const char *address);
void http_line_leave(struct http_server *server, const char *address);
void http_admit_make_room(struct http_server *server, size_t most, int64_t now_ns);

/* accept.c: a thread that accepts until the listener is shut down. On the thread of `loop`: takes
 * what came for it. And closes that, where it is not served any more. */
void *http_accept_run(void *server);
void http_accept_take(struct http_loop *loop);
void http_accept_drop(struct http_loop *loop);

/* connection.c: the callbacks of microhttpd; the first context is the loop for the first, the
 * server for the others. */
void http_on_connection(void *context, struct MHD_Connection *mhd, void **connection_context,
                        enum MHD_ConnectionNotificationCode code);
void *http_on_target(void *server, const char *target, struct MHD_Connection *mhd);
enum MHD_Result http_on_access(void *context, struct MHD_Connection *mhd, const char *url,
                               const char *method, const char *version, const char *data,
                               size_t *data_size, void **request_context);
void http_on_completed(void *context, struct MHD_Connection *mhd, void **request_context,
                       enum MHD_RequestTerminationCode code);

/* Under the lock: puts the request's connection to sleep until MHD_resume_connection(); called by
 * microhttpd's own thread only. And: microhttpd has taken the resumed connection up again. */
void http_request_suspend(struct http_request *request);
void http_request_end_suspension(struct http_request *request);

/* certificate.c: GnuTLS' callback, and the end of a server's certificates. */
int http_on_certificate(gnutls_session_t session, const struct gnutls_cert_retr_st *asked,
                        gnutls_pcert_st **ret_chain, unsigned *ret_count,
                        gnutls_ocsp_data_st **ret_ocsp, unsigned *ret_ocsp_count,
                        gnutls_privkey_t *ret_key, unsigned *ret_flags);
void http_certificates_free(struct http_certificate *newest);

/* head.c: reads method, headers and target into the request. NULL, or what is wrong with them. */
const char *http_head_read(struct http_request *request, const char *method, const char *version);

/* request.c */
struct http_request *http_request_new(struct http_server *server, const char *target);
void http_request_retain(struct http_request *request);
void http_request_release(struct http_request *request);

/* response.c: a copy of `response` as microhttpd wants it; `arena` may be reset afterwards. */
struct MHD_Response *http_response_build(const struct http_request *request,
                                         const struct http_response *response, struct arena *arena,
                                         unsigned *ret_status);
/* Sets the headers of an answer whose body is to come. */
void http_response_begin_stream(const struct http_request *request,
                                const struct http_response *response, struct MHD_Response *answer);
/* The bytes of an answer, for where microhttpd takes none. */
void http_response_print(const struct http_request *request, const struct http_response *response,
                         struct buffer *buffer);
/* The first answer of a request goes to its connection, a later one is dropped. Takes `answer`. */
void http_request_answer(struct http_request *request, struct MHD_Response *answer,
                         unsigned status);

/* coding.c: the coding that the client takes best, and whether `type` is worth it. */
enum http_coding http_coding_accepted(struct text accept_encoding);
bool http_coding_worthwhile(struct text content_type, size_t size);
/* "zstd", "gzip". */
const char *http_coding_name(enum http_coding coding);
/* The coded body, from malloc(). NULL: it did not get smaller, or is not to be coded. */
void *http_code(enum http_coding coding, struct text body, size_t *ret_size);
/* The tag of the coded answer, which is another than that of the plain one: "17" is "17-zstd". */
struct text http_coding_tag(enum http_coding coding, struct text etag, struct arena *arena);
/* A list of tags as clients send it, each as that of the plain answer: they mean one version. */
struct text http_coding_plain_tags(struct text tags, struct arena *arena);

/* linger.c: keeps a copy of a socket that is about to be closed, to drop what still comes. */
void http_linger_add(struct http_server *server, int socket);
/* Drops what comes to the kept ones for so long, and closes those that are over. */
void http_linger_for(struct http_server *server, int timeout_ms);
/* Closes all. */
void http_linger_end(struct http_server *server);

/* upload.c, on the connection's thread: the body of the request will come part by part, of `limit`
 * bytes at most; how many may still come. Takes of `*size` bytes what there is room for, and leaves
 * in `*size` how many it did not. False: the server is stopping. The body is over. False: somebody
 * has answered already. Its connection ends. Nothing where its body came whole. */
void http_upload_begin(struct http_request *request, size_t limit);
size_t http_upload_left(const struct http_request *request);
bool http_upload_take(struct http_request *request, const char *data, size_t *size) MUST_CHECK;
bool http_upload_end(struct http_request *request) MUST_CHECK;
void http_upload_gone(struct http_request *request);
/* Nobody has the request any more: its place among the large bodies is free again. */
void http_upload_ended(struct http_request *request);

/* stream.c, under the lock: ends the request's stream behind what waits; and looks, now and then,
 * whether its sleeping connection still has a reader. Nothing where its answer is no stream. */
void http_stream_finish(struct http_request *request);
void http_stream_look(struct http_request *request, int64_t now_ns);

/* deadline.c */
void *http_deadline_run(void *server);
/* Answers every waiting request whose deadline is at or before `until_ns`. */
void http_deadline_expire(struct http_server *server, int64_t until_ns);
/* Ends all streams. */
void http_deadline_end_streams(struct http_server *server);
void http_server_release(struct http_server *server);

#endif
