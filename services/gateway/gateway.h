/* gateway.h - the gateway as a whole, and an exchange: one request on its way to its answer.
 *
 *   HTTP thread      dispatch.c: route, who calls, limits, validation
 *      |--- read --> progress.c: until the projections show what the caller knows
 *      |                '--> work.c: a query's thread runs it and answers
 *      '--- write -> command.c: fills it (where that takes long, on a work thread), pending.c
 *                       '--> sender.c -> Kafka -> answers.c: matches the event, waits for ticket
 *                               and partitions, and answers, by a query where the operation names
 *                               one
 *
 * Event streams go on from there: streams.h.
 *
 * Owner    an exchange has one owner at a time: the thread that handles it, or the table or queue
 *          it waits in. It lives in the arena of its request until the answer.
 * Bounds   WAIT_* below; nothing waits for ever, and a write never ends without saying where its
 *          outcome will be found.
 */
#ifndef GATEWAY_H
#define GATEWAY_H
#include "auth/auth.h"
#include "config/config.h"
#include "config/secret.h"
#include "gateway/limit.h"
#include "gateway/operation.h"
#include "gateway/origin.h"
#include "gateway/pending.h"
#include "gateway/progress.h"
#include "gateway/sender.h"
#include "gateway/shown.h"
#include "gateway/work.h"
#include "http/server.h"
#include "trace/trace.h"

#define WAIT_OUTCOME_NS      (INT64_C(10) * 1000000000) /* then 202 OUTCOME_PENDING */
#define WAIT_PROJECTION_NS   (INT64_C(2) * 1000000000)  /* of a read; then what there is */
#define COMMAND_VALID_US     (INT64_C(30) * 1000000)
#define COMMAND_VALID_MAX_US (INT64_C(24) * 3600 * 1000000) /* where the client says it */

struct active;
struct answers;
struct cache;
struct identities;
struct metrics_counter;
struct metrics_gauge;
struct metrics_histogram;
struct page;
struct quota;
struct refusals;
struct streams;

/* What is counted for operators to watch (security.h). */
enum security_event {
    SECURITY_LOGIN_FAILED,
    SECURITY_LIMIT_HIT,
    SECURITY_CSRF_FAILED,
    SECURITY_PKCE_FAILED,   /* state, browser, verifier or nonce of a sign-in elsewhere */
    SECURITY_TOKEN_REUSED,  /* a refresh token that was spent */
    SECURITY_REVOKED_SHOWN, /* a token or key of what is over */
    SECURITY_EVENTS
};

/* What clients were told of their orders. */
enum order_result { ORDER_ACCEPTED, ORDER_PENDING, ORDER_REFUSED, ORDER_FAILED, ORDER_RESULTS };

struct gateway {
    struct config config;
    struct arena *arena; /* what lives as long as the process */
    const char *share;
    const char *url;    /* where clients reach the venue */
    const char *origin; /* of the venue's own pages: https://host:port */
    struct http_router *router;
    struct operations *operations;
    struct text openapi;  /* the document as it is served */
    struct text asyncapi; /* the other one */
    struct text push_key; /* what pages subscribe to browser push with; empty: there is none */
    struct page *page;    /* NULL: this gateway serves none */

    struct log *log;
    struct place place; /* whose partition_counts all placing uses */
    struct vault *vault;
    struct seal_key hash_key;
    struct secret oidc_secret;     /* of the venue, at the OpenID provider */
    struct secret payment_secrets; /* of the payment provider, one a line */
    struct auth *auth;
    struct sender *sender;
    struct answers *answers;
    struct identities *identities;
    struct streams *streams;
    struct pending *pending;
    struct progress *progress;
    struct work *work;      /* queries, and filling that may take one */
    struct work *quick;     /* queries that are answered quickly */
    struct work *passwords; /* Argon2id */
    struct work *outside;   /* other people's servers */

    struct limit *limits[OPERATION_LIMITS];
    struct quota *uploads;   /* bodies that come part by part */
    struct limit *key_limit; /* of API keys that have one of their own */
    struct limit *traced;    /* requests, by operation; NULL: none are, and the next */
    struct limit *traced_for_clients;
    struct limit *page_spans; /* that pages send, by user; NULL: nothing is traced, and the next */
    struct limit *page_spans_of_all;
    struct shown_store *shown;
    struct origin_cache *origins;
    struct refusals *refusals;
    struct metrics_histogram *durations[4]; /* of requests, by the status' first digit from 2 */
    struct metrics_counter *problems[HTTP_PROBLEM_COUNT]; /* refusals, by their code */
    struct metrics_counter *security[SECURITY_EVENTS];
    struct metrics_counter *orders[ORDER_RESULTS]; /* of clients, but for the canary's */
    struct metrics_histogram *order_ack;           /* of those accepted */
    struct metrics_counter *sessions_ended;        /* by any gateway, as the log tells */
    struct metrics_counter *attempts_elsewhere[2]; /* logins, registrations at other gateways */
    struct metrics_histogram *health_check;
    struct active *active; /* sessions that ask for something */
    struct cache *cache;   /* answers of dashboards */
    struct metrics_counter *hits[OPERATION_CACHES];
    struct metrics_counter *misses[OPERATION_CACHES];
};

/* Who calls, as the token says. */
struct caller {
    bool known;
    struct auth_claims claims; /* where known */
    uint64_t source;           /* hash of the user or key, or of the address */
    bool by_key;               /* known by an API key, whose id is the claims' session_id */
    uint32_t scopes;           /* of the key, and the next two */
    int32_t rate_limit;        /* requests a second; 0: as many as anybody */
    bool tell_use;             /* settings is to hear that it is in use */
    bool by_cookie;            /* known by a cookie alone */
};

/* What became of a command, in the exchange's arena. */
struct outcome {
    bool decided; /* its answering event was read */
    bool refused;
    struct text code; /* of a refusal, and the next two */
    struct text message;
    struct text field;
    struct text challenge;        /* with which to show a second factor; empty: none is asked for */
    struct text members;          /* JSON members of a good answer, without braces */
    struct text ticket_id;        /* empty: none yet */
    struct text approval_id;      /* whose consent it waits for; empty: nobody's, and the next */
    struct text approval_expires; /* until when */
    bool repeated;
    struct uuid first_command_id;   /* where repeated */
    const struct json_value *first; /* the fields of that, once they are known */
    enum service_id service;        /* where the answering event is */
    int32_t partition;
    int64_t offset;
    const struct shown_position *all; /* followers that must have answered it, for x-answer all */
    size_t all_count;
    struct shown shown; /* what a caller who is told this has been shown */
};

/* Settled once, so that who is told that nothing was sent can rely on it. */
enum exchange_fate { EXCHANGE_OPEN, EXCHANGE_SENT, EXCHANGE_GIVEN_UP };

struct exchange {
    struct gateway *gateway;
    struct http_request *request;
    struct arena *arena; /* the request's */
    const struct operation *operation;
    struct http_pairs path_values; /* as sent, decoded */
    struct http_input input;       /* checked; empty for a lenient handler */
    struct bytes body_digest;      /* of a body that came part by part; empty: it came whole */
    const struct json_value *row;  /* what the operation's x-row found; NULL: it has none */
    struct caller caller;
    struct uuid person; /* who it is, where no token says so; nil: nobody knows */
    struct limit_result limit;
    int64_t received_us;
    int64_t deadline_ns;
    struct trace_context client; /* where the client's trace stands, or one of the exchange's own */
    bool client_asks;            /* to be traced */
    struct trace_span *span;     /* of the exchange; NULL: it is not traced */
    struct text traceparent;     /* what the answer tells the client */
    struct shown shown;          /* what the caller knew when the request came */
    struct shown read_at;        /* how far the projections had got that its answer was read from */
    struct query_asked *asked;   /* its query, as it was asked with others'; NULL: it was not */
    struct query_answer answer;  /* of its query */

    bool streams; /* its answer goes on */
    bool to_page; /* a browser waits that would show the answer's JSON: it is sent to the page */

    bool wants_cookies;     /* tokens that are made go there, not into the body */
    struct text cookies[2]; /* that the answer sets; empty: none */

    struct command *command; /* NULL until filled */
    _Atomic int fate;        /* an enum exchange_fate */
    struct uuid asked_id;    /* whose outcome the client asks for; nil: the command's own */
    struct outcome outcome;
    struct pending_entry pending;
    /* Called on the answers' thread with each answering event, before the outcome is complete, to
     * say more of it than answers.c does. NULL: nothing. */
    void (*answered)(struct exchange *exchange, const struct event *event);
    /* Called once the outcome is complete, with the exchange owned; answers it. */
    void (*completed)(struct exchange *exchange);

    /* Undoes what was begun for it, where it is not gone on with; may wait. NULL: nothing was.
     * Where something was, its turn comes, however late. */
    void (*undo)(struct exchange *exchange);

    struct work_item work;
    struct waiter waiter;
    /* What the work item or waiter goes on with. */
    void (*resume)(struct exchange *exchange, struct db *db);
    void *extra; /* a handler's own, in the arena */
};

/* The exchange around one of its parts. */
#define EXCHANGE_OF(part, name)                                                                    \
    ((struct exchange *)(void *)((char *)(part)-offsetof(struct exchange, name)))

/* CLOCK_MONOTONIC and CLOCK_REALTIME. */
int64_t gateway_now_ns(void);
int64_t gateway_now_us(void);

/* dispatch.c: the server's callbacks, and what they count with. `context` is the gateway. */
void gateway_register_metrics(struct gateway *gateway);
void gateway_handle(void *context, struct http_request *request);
size_t gateway_body_limit(void *context, struct http_request *request);
void gateway_expired(void *context, const struct http_request *request, struct arena *arena,
                     struct http_response *ret_response);
void gateway_answered(void *context, const struct http_request *request, unsigned status);
size_t gateway_request_id(void *context, char ret_id[HTTP_REQUEST_ID_SIZE_MAX]);

/* Undoes what was begun for an exchange that is not gone on with, and answers it. */
void exchange_give_up(struct exchange *exchange, enum err err);
/* Settles an open exchange's fate. False: another one was settled before. */
bool exchange_settle(struct exchange *exchange, enum exchange_fate fate) MUST_CHECK;

/* Goes on with an exchange on a thread that may wait; where its queue takes no more, or its turn
 * comes too late, it is answered 503 OVERLOADED. One whose command was sent, or for which something
 * was begun, is gone on with; but where the gateway stops the one is answered 202. Gives the
 * exchange up. */
void exchange_resume(struct exchange *exchange, struct work *work,
                     void (*resume)(struct exchange *exchange, struct db *db));
/* The same for what is the operation's query and then its answer: those whose answers come quickly
 * ask together, on threads of their own. */
void exchange_ask(struct exchange *exchange,
                  void (*resume)(struct exchange *exchange, struct db *db));

#endif
