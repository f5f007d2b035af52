/* router_internal.h - the route table; for libs/http alone. */
#ifndef HTTP_ROUTER_INTERNAL_H
#define HTTP_ROUTER_INTERNAL_H
#include "http/router.h"
#include "http/schema.h"

enum { HTTP_SEGMENTS_MAX = 16 };

enum http_place { HTTP_IN_PATH, HTTP_IN_QUERY, HTTP_IN_HEADER };

struct http_parameter {
    struct text name;
    enum http_place place;
    bool required;
    bool commas; /* explode: false, so an array is one text with commas */
    const struct http_schema *schema;
};

struct http_operation {
    struct text id;
    struct text method; /* upper case */
    struct http_route *route;
    const struct json_value *json;
    struct http_parameter *parameters;
    size_t parameters_count;
    const struct http_schema *body; /* NULL: takes none */
    bool body_required;
    bool takes_raw; /* whatever bytes: their reader looks what they are */
    bool takes_json;
    bool takes_form;
};

struct http_segment {
    struct text text; /* the literal, or the parameter's name */
    bool parameter;
};

/* A path template. Routes are sorted, literals before parameters from the left, so that the first
 * that fits is the one meant. */
struct http_route {
    struct text path;
    struct http_segment segments[HTTP_SEGMENTS_MAX];
    size_t segments_count;
    struct http_operation *operations;
    size_t operations_count;
};

struct http_router {
    struct arena *arena;
    const struct json_value *document;
    struct http_schema_compiler compiler;
    struct http_route *routes;
    size_t routes_count;
};

/* Splits at slashes: "/a/b" is "a", "b"; "/" is "". ERR_FULL: too many. */
enum err http_segments_split(struct text path, struct text ret_segments[HTTP_SEGMENTS_MAX],
                             size_t *ret_count) MUST_CHECK;

#endif
