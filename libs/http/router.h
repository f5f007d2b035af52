/* router.h - from an OpenAPI 3.1 document to the operation a request asks for, and its input
 * checked.
 *
 * The document is JSON. Of each operation it is read: operationId (required, unique), parameters in
 * path, query and header, requestBody (application/json, application/x-www-form-urlencoded), and x-
 * fields, whose meaning is the caller's. Schemas are those of schema.h.
 * Thread   after http_router_load() nothing changes: any number of threads may read.
 */
#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H
#include "http/problem.h"
#include "json/json.h"

struct http_router;    /* laid out in router_internal.h */
struct http_operation; /* the same */

enum { HTTP_ROUTER_REASON_SIZE = 512 };

/* The operation of a request and the decoded values of its path, in the template's order. */
struct http_match {
    const struct http_operation *operation; /* NULL: none */
    struct http_pairs path_values;
    struct text allow; /* "GET, POST" where the path is known, else empty */
};

/* What a request says, checked, with the defaults of what it left out. */
struct http_input {
    const struct json_value *parameters; /* an object of all path, query and header parameters */
    const struct json_value *body;       /* NULL: none was sent */
};

/* Reads the document (which may go afterwards); the caller owns *ret_router. ERR_CONFIG: it is not
 * JSON, or has what this does not understand; ret_reason says what and where. */
enum err http_router_load(struct text document, struct http_router **ret_router,
                          char ret_reason[HTTP_ROUTER_REASON_SIZE]) MUST_CHECK;
void http_router_free(struct http_router *router);
/* The document itself. */
const struct json_value *http_router_document(const struct http_router *router);
/* Calls `visit` for each operation. */
void http_router_each(const struct http_router *router,
                      void (*visit)(void *context, const struct http_operation *operation),
                      void *context);

/* Finds the operation of `method` and `path` (as sent); HEAD finds GET's where it has none of its
 * own, and a literal path goes before a template. Texts are in `arena`. */
struct http_match http_router_match(const struct http_router *router, struct text method,
                                    struct text path, struct arena *arena);
/* The operation of that operationId; NULL: none. */
const struct http_operation *http_router_operation(const struct http_router *router,
                                                   const char *operation_id);

/* Static while the router lives. */
struct text http_operation_id(const struct http_operation *operation);
struct text http_operation_method(const struct http_operation *operation);
struct text http_operation_path(const struct http_operation *operation); /* the template */
/* The field `name` ("x-command") as the document has it; NULL: none. */
const struct json_value *http_operation_extension(const struct http_operation *operation,
                                                  const char *name);

/* Checks all the request says against its operation. ERR_INPUT: something is wrong, and
 * *ret_problem says all of it: 415, 400 for malformed JSON, 422 with every field at fault; texts in
 * the request's arena. The problem of a match without an operation is 404 or 405. For the request's
 * owner. */
enum err http_router_read(const struct http_match *match, struct http_request *request,
                          struct http_input *ret_input,
                          struct http_problem *ret_problem) MUST_CHECK;

#endif
