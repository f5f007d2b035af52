/* operation.h - what the OpenAPI document says an operation does, as the gateway acts on it.
 *
 * The x- fields of each operation are read once, at the start; what is wrong with them ends the
 * start with a sentence that names the operation. Afterwards nothing changes.
 */
#ifndef GATEWAY_OPERATION_H
#define GATEWAY_OPERATION_H
#include "decision/decision.h"
#include "gateway/fill.h"
#include "gateway/query.h"
#include "http/router.h"
#include "wire/wire.h"

struct exchange;

enum operation_limit {
    OPERATION_LIMIT_LOGIN,
    OPERATION_LIMIT_REGISTER,
    OPERATION_LIMIT_WRITE,
    OPERATION_LIMIT_READ,
    OPERATION_LIMITS
};

/* Whose time to live a kept answer has: BOURSE_CACHE_TTL_... */
enum operation_cache {
    OPERATION_CACHE_NONE,
    OPERATION_CACHE_TRADING,
    OPERATION_CACHE_RISK,
    OPERATION_CACHE_OVERVIEW,
    OPERATION_CACHE_PREFERENCES, /* until its event, and an hour at most; and next: */
    OPERATION_CACHE_BOOK,
    OPERATION_CACHES
};

/* How one field of the command gets its value. */
struct operation_field {
    const struct wire_field *field;
    const struct fill *fill;
};

struct operation {
    const struct http_operation *http;
    struct text id; /* operationId */
    bool is_public;
    uint32_t allow; /* AUTH_ROLE_BITs of who may call, where it is not public */
    uint32_t scope; /* API_KEY_SCOPE_BIT of what a key has to be good for; 0: no key will do */
    enum operation_limit limit;
    unsigned status;            /* of a good answer */
    size_t body_max;            /* of a request's body; 0: as of any */
    int64_t cache_s;            /* how long anybody may keep it; 0: not at all */
    enum operation_cache cache; /* how long the gateway does, unless an event changes it */
    struct text location;       /* template of the Location header; empty: none */

    const struct wire_message *command; /* NULL: it sends none */
    enum service_id service;            /* to whom; where it is one of any's, its key says */
    bool is_any;                        /* it is: the key is the id of an approval */
    const struct operation_field *fields;
    size_t fields_count;
    const struct fill *valid_until; /* of the command, where the client may say; NULL: it may not */
    bool hashes_password;           /* filling takes a tenth of a second */
    bool ends_session;              /* the caller's own: its cookies go with it */
    bool seals;                     /* filling may take a query of the vault */
    bool takes_key;                 /* under an Idempotency-Key it is answered as it was before */
    bool waits_ticket;              /* the answer is complete with its ticket */
    bool waits_all;                 /* and with what every partition it touches made of it */
    struct text file;               /* it is streamed, as a file of that name; empty: it is not */
    const struct query *row;        /* what is read before its fields are filled; or NULL */
    const struct query *document;   /* what writes the same as PDF; or NULL */
    const struct query *query; /* what is read, or what the command is answered with; or NULL */
    const struct operation_handler *handler; /* in C; NULL: one of the above */
};

/* What x-handler names. */
struct operation_handler {
    const char *name;
    bool lenient; /* parameters that the document does not have are no error */
    void (*handle)(struct exchange *exchange);
};
/* The handler of that name; NULL: there is none. */
typedef const struct operation_handler *operation_handler_named(struct text name);

struct operations; /* laid out in operation.c only */

/* Reads all operations of the router, and their queries below `share`/queries. The caller owns
 * *ret_operations. ERR_CONFIG: *ret_problem says of which operation what is wrong; it lives as long
 * as `arena`. */
enum err operations_load(const struct http_router *router, const char *share,
                         operation_handler_named *handler_named, struct arena *arena,
                         struct operations **ret_operations, struct text *ret_problem) MUST_CHECK;
/* The operation of a match. CHECKs that it was loaded. */
const struct operation *operations_find(const struct operations *operations,
                                        const struct http_operation *http);
/* To which service its filled command goes. ERR_NOT_FOUND: what its key names is nobody's. */
enum err operation_service(const struct operation *operation, const struct command *command,
                           enum service_id *ret_service) MUST_CHECK;
/* The path that an alias stands for; the path itself where it is none. */
struct text operations_path(const struct operations *operations, struct text path);
const char *operation_limit_name(enum operation_limit limit);
const char *operation_cache_name(enum operation_cache cache);

#endif
