/* trace.h - where a request's time goes: spans, as OpenTelemetry has them, sent to a receiver.
 *
 *     page placeOrder                                     the page, from a click to what came of it
 *       '-- POST /api/v1/orders                           the page, one request of it
 *             '-- POST /api/v1/orders                     gateway, from the request to its answer
 *                   '-- send bourse.accounts.commands     until the broker has confirmed it
 *                         '-- process bourse.accounts.commands   a writer, until it has decided
 *                               '-- send bourse.accounts.events  until that has been read back
 *                                     |-- project bourse.accounts.events  until rows are committed
 *                                     |-- process bourse.accounts.events  a follower; and so on
 *                                     '-- receive bourse.accounts.events  the gateway who waited
 *
 * Way      a context goes from process to process as a W3C traceparent: in the meta of a command,
 *          in a header of an event. Only that of a trace that is sampled does, so that all others
 *          cost a reader nothing.
 * Off      until trace_start(): no trace is sampled, no span is kept, nothing is sent.
 * Bounds   TRACE_QUEUE_MAX spans wait to be sent. One that finds no room is dropped and counted; so
 *          are those that the receiver did not take. Nobody ever waits for it.
 * Secrets  attributes are names, numbers and ids: never what a request says, nor who sent it.
 * Thread   any, but for trace_start() and trace_stop(); a span has one owner.
 */
#ifndef TRACE_H
#define TRACE_H
#include "base/base.h"

enum {
    TRACE_PARENT_SIZE = 55, /* "00-<32 hex>-<16 hex>-<2 hex>" */
    TRACE_ID_SIZE = 32,     /* of it, from TRACE_ID_AT on */
    TRACE_ID_AT = 3,
    TRACE_TEXT_MAX = 80, /* of a name or an attribute; longer ones are cut */
    TRACE_ATTRIBUTES_MAX = 8,
    TRACE_QUEUE_MAX = 1024
};

/* Which span a piece of work belongs below. */
struct trace_context {
    uint8_t trace_id[16];
    uint8_t span_id[8];
    bool sampled; /* its spans are kept */
};

/* As OTLP numbers them. */
enum trace_kind {
    TRACE_INTERNAL = 1,
    TRACE_SERVER = 2,
    TRACE_CLIENT = 3,
    TRACE_PRODUCER = 4,
    TRACE_CONSUMER = 5
};

struct trace_attribute {
    const char *key; /* static */
    bool is_number;
    int64_t number;
    char text[TRACE_TEXT_MAX];
};

struct trace_span {
    struct trace_context context; /* what is below it continues this */
    const char *service;          /* whose it is, static; NULL: this process's */
    bool has_parent;
    uint8_t parent_id[8];
    enum trace_kind kind;
    bool failed;
    char name[TRACE_TEXT_MAX];
    int64_t began_us, ended_us; /* since 1970 */
    struct trace_attribute attributes[TRACE_ATTRIBUTES_MAX];
    size_t attributes_count;
};

/* Whose spans they are. Texts outlive the process. */
struct trace_options {
    const char *endpoint; /* "http://host:4318", without its slash; NULL: tracing stays off */
    const char *service;  /* "bourse-orders" */
    const char *instance;
    const char *version;
};

/* Starts to keep and send. Once, before the threads whose work is traced. */
void trace_start(const struct trace_options *options);
/* Sends what waits, a few seconds at most, and is off again. Nothing where it was not started. */
void trace_stop(void);
bool trace_is_on(void);
/* The clock that spans are timed with: microseconds since 1970. */
int64_t trace_now_us(void);

/* A trace of its own, not sampled: random ids. */
struct trace_context trace_context_new(void);
/* Reads a traceparent. False: it is none (W3C Trace Context, version 00). */
bool trace_context_parse(struct text traceparent, struct trace_context *ret_context) MUST_CHECK;
void trace_context_print(const struct trace_context *context, char ret_text[TRACE_PARENT_SIZE]);

/* Fills in a span below `parent`, of which it takes over what trace it is in and whether that is
 * sampled: "<operation> <subject>". */
void trace_span_begin(struct trace_span *span, const struct trace_context *parent,
                      enum trace_kind kind, int64_t began_us, const char *operation,
                      struct text subject);
/* Adds an attribute; CHECKs that there is room. `key` is static. */
void trace_span_text(struct trace_span *span, const char *key, struct text value);
void trace_span_number(struct trace_span *span, const char *key, int64_t value);
/* Hands a copy over to be sent. Nothing where its trace is not sampled, or tracing is off. */
void trace_span_end(struct trace_span *span, int64_t ended_us);

#endif
