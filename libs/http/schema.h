/* schema.h - the part of JSON Schema that requests are described with, compiled once, checked
 * often.
 *
 * Takes    type (one, or a list with "null" among it), required, properties, additionalProperties
 *          (absent means false: what is not described is refused), enum and const of scalars,
 * pattern (POSIX extended, so no \d), minLength, maxLength (in characters), minimum, maximum,
 *          exclusiveMinimum, exclusiveMaximum (numbers, or decimals as text), items, minItems,
 *          maxItems, default, $ref into the document, and format: uuid, date-time, date, email,
 *          decimal (text or number, up to 8 places, exact), password (its value is never repeated).
 *          Remarks (title, description, example(s), deprecated, x-...) say nothing. Any other
 * keyword is an error at load, so that nothing written is silently without effect.
 */
#ifndef HTTP_SCHEMA_H
#define HTTP_SCHEMA_H
#include "base/arena.h"
#include "http/problem.h"
#include "json/json.h"

struct http_schema; /* laid out in schema_internal.h */

enum { HTTP_SCHEMA_REASON_SIZE = 512, HTTP_ERRORS_MAX = 64 };

/* Compiles the schemas of one document; patterns are freed by http_schema_compiler_free(). */
struct http_schema_compiler {
    const struct json_value *document;
    struct arena *arena; /* holds the schemas; the document must live as long */
    struct http_schema_pattern *patterns;
    char reason[HTTP_SCHEMA_REASON_SIZE]; /* of the first failure */
};

/* The schema `json` as a compiled one. NULL: it has something this file's head does not name, and
 * compiler->reason says what and where; `where` is how it calls the place. */
const struct http_schema *http_schema_compile(struct http_schema_compiler *compiler,
                                              const struct json_value *json,
                                              const char *where) MUST_CHECK;
void http_schema_compiler_free(struct http_schema_compiler *compiler);
/* Follows `$ref`s inside the document. NULL: one leads nowhere or in a circle; reason as above. */
const struct json_value *http_schema_resolve(struct http_schema_compiler *compiler,
                                             const struct json_value *json) MUST_CHECK;

/* What was wrong, all of it, up to HTTP_ERRORS_MAX. Texts are in `arena`. */
struct http_errors {
    struct arena *arena;
    size_t count;
    struct http_problem_error rows[HTTP_ERRORS_MAX];
};

/* The manner of a decimal that is one, but of more than is counted exactly. */
#define HTTP_ERROR_RANGE "range"
/* Notes that `field` is wrong in the manner `code`, with a printf sentence. */
void http_errors_add(struct http_errors *errors, struct text field, const char *code,
                     const char *format, ...) PRINTF_LIKE(4, 5);

/* Checks `value`, called `field` in errors ("" for a whole body). Gives a copy of it, in the
 * errors' arena, with the defaults of what was left out; its meaning only where no error was added.
 */
const struct json_value *http_schema_check(const struct http_schema *schema,
                                           const struct json_value *value, struct text field,
                                           struct http_errors *errors);
/* A text as the kind of value the schema asks for: "12" as a number where one is allowed. */
struct json_value http_schema_value(const struct http_schema *schema, struct text text);
/* The schema of an object's member, or NULL where it has none of that name. */
const struct http_schema *http_schema_member(const struct http_schema *schema, struct text name);
/* The default, or NULL. */
const struct json_value *http_schema_default(const struct http_schema *schema);
/* The schema of an array's elements, or NULL where it is none. */
const struct http_schema *http_schema_items(const struct http_schema *schema);

#endif
