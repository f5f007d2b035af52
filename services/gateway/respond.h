/* respond.h - answers: each gives its exchange up, and has the headers that all answers have. */
#ifndef GATEWAY_RESPOND_H
#define GATEWAY_RESPOND_H
#include "gateway/gateway.h"
#include "http/stream.h"

/* The body as it is, with the operation's status, or `status` where it is not 0. `location` and
 * `etag` may be empty. */
struct respond_with {
    unsigned status;
    const char *content_type; /* NULL: JSON */
    struct text body;
    struct text etag;
    bool etag_part; /* of the body: If-None-Match does not spare the client the rest */
    struct text location;
    struct text file;   /* to be kept under that name; empty: to be shown */
    struct text policy; /* Content-Security-Policy of a page; empty: the strictest */
    const char *cache;  /* X-Cache: HIT or MISS; NULL: such answers are not kept */
    int64_t retry_s;    /* Retry-After; 0: none */
    bool replayed;      /* Idempotent-Replayed: true */
};
void respond(struct exchange *exchange, const struct respond_with *with);

/* Begins an answer of Server-Sent Events, or of a file where `file` names one, which is worth
 * nothing in part; its reader may be `buffer_max` bytes behind. */
struct http_stream *respond_stream(struct exchange *exchange, struct text file, const char *type,
                                   size_t buffer_max) MUST_CHECK;

/* A problem; `field` empty: no one input is to blame. */
void respond_problem(struct exchange *exchange, enum http_problem_code code, struct text detail,
                     struct text field);
/* The problem that the router found. */
void respond_with_problem(struct exchange *exchange, struct http_problem problem);
/* What an operating error means for a client. */
void respond_err(struct exchange *exchange, enum err err);
/* 202: decided or not, where its outcome will be found. */
void respond_pending(struct exchange *exchange, struct uuid command_id);
/* 202: nothing has changed, another person has to consent; where that is asked. */
void respond_approval(struct exchange *exchange, struct uuid command_id);
/* The address of a command's outcome. */
struct text respond_command_location(struct uuid command_id, struct arena *arena);

#endif
