/* router_load.c - the OpenAPI document into the route table, or one sentence why not. */
#include "http/router_internal.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_PAGE = 1024 * 1024, COMPILED_FACTOR = 60 };

/* Notes the first failure. Always false. */
PRINTF_LIKE(2, 3)
static bool fail(struct http_router *router, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (router->compiler.reason[0] == '\0')
        vsnprintf(router->compiler.reason, sizeof router->compiler.reason, format, args);
    va_end(args);
    return false;
}

static bool is_true(const struct json_value *value)
{
    return value != NULL && value->kind == JSON_TRUE;
}

static bool read_place(struct text name, enum http_place *ret_place)
{
    static const char *const PLACES[] = {
        [HTTP_IN_PATH] = "path", [HTTP_IN_QUERY] = "query", [HTTP_IN_HEADER] = "header"};
    for (size_t i = 0; i < COUNT_OF(PLACES); i++) {
        if (text_is(name, PLACES[i])) {
            *ret_place = (enum http_place)i;
            return true;
        }
    }
    return false;
}

static bool load_parameter(struct http_router *router, struct http_operation *operation,
                           const struct json_value *json)
{
    json = http_schema_resolve(&router->compiler, json);
    if (json == NULL)
        return false;
    const struct json_value *name = json_value_member(json, "name");
    const struct json_value *place = json_value_member(json, "in");
    const struct json_value *explode = json_value_member(json, "explode");
    const struct json_value *schema = json_value_member(json, "schema");
    if (name == NULL || place == NULL || schema == NULL)
        return fail(router, "%s: a parameter needs name, in and schema", operation->id.data);
    struct http_parameter *parameter = &operation->parameters[operation->parameters_count++];
    *parameter = (struct http_parameter){.name = arena_text(router->arena, name->text),
                                         .required = is_true(json_value_member(json, "required")),
                                         .commas = explode != NULL && explode->kind == JSON_FALSE};
    if (!read_place(place->text, &parameter->place))
        return fail(router, "%s: parameter \"%s\" is in none of path, query, header",
                    operation->id.data, parameter->name.data);
    struct text where =
        arena_printf(router->arena, "%s: parameter %s", operation->id.data, parameter->name.data);
    parameter->schema = http_schema_compile(&router->compiler, schema, where.data);
    return parameter->schema != NULL;
}

/* The parameters of the path hold for each of its operations, before their own. */
static bool load_parameters(struct http_router *router, struct http_operation *operation,
                            const struct json_value *shared, const struct json_value *own)
{
    size_t count = (shared == NULL ? 0 : shared->count) + (own == NULL ? 0 : own->count);
    operation->parameters = ARENA_NEW(router->arena, struct http_parameter, count);
    const struct json_value *const lists[] = {shared, own};
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const struct json_value *json = lists[i] == NULL ? NULL : lists[i]->first;
        for (; json != NULL; json = json->next) {
            if (!load_parameter(router, operation, json))
                return false;
        }
    }
    return true;
}

static bool load_body(struct http_router *router, struct http_operation *operation)
{
    const struct json_value *json = json_value_member(operation->json, "requestBody");
    if (json == NULL)
        return true;
    json = http_schema_resolve(&router->compiler, json);
    if (json == NULL)
        return false;
    const struct json_value *content = json_value_member(json, "content");
    const struct json_value *as_json = json_value_member(content, "application/json");
    const struct json_value *as_form =
        json_value_member(content, "application/x-www-form-urlencoded");
    operation->takes_raw = json_value_member(content, "application/octet-stream") != NULL;
    operation->takes_json = as_json != NULL;
    operation->takes_form = as_form != NULL;
    operation->body_required = is_true(json_value_member(json, "required"));
    if (operation->takes_raw)
        return true;
    const struct json_value *schema =
        json_value_member(as_json != NULL ? as_json : as_form, "schema");
    if (schema == NULL)
        return fail(router, "%s: requestBody has no schema for JSON or a form", operation->id.data);
    struct text where = arena_printf(router->arena, "%s: body", operation->id.data);
    operation->body = http_schema_compile(&router->compiler, schema, where.data);
    return operation->body != NULL;
}

/* Each path parameter is described, and each described one is in the path. */
static bool path_agrees(struct http_router *router, const struct http_operation *operation)
{
    size_t in_path = 0;
    for (size_t i = 0; i < operation->parameters_count; i++)
        in_path += operation->parameters[i].place == HTTP_IN_PATH;
    for (size_t i = 0; i < operation->route->segments_count; i++) {
        const struct http_segment *segment = &operation->route->segments[i];
        if (!segment->parameter)
            continue;
        size_t k = 0;
        while (k < operation->parameters_count &&
               (operation->parameters[k].place != HTTP_IN_PATH ||
                !text_equal(operation->parameters[k].name, segment->text)))
            k++;
        if (k == operation->parameters_count)
            return fail(router, "%s: path parameter {%.*s} is not described", operation->id.data,
                        (int)segment->text.size, segment->text.data);
        in_path--;
    }
    return in_path == 0 ||
           fail(router, "%s: a described path parameter is not in the path", operation->id.data);
}

static bool load_operation(struct http_router *router, struct http_route *route,
                           const struct json_value *item, const struct json_value *json)
{
    struct http_operation *operation = &route->operations[route->operations_count];
    const struct json_value *id = json_value_member(json, "operationId");
    if (id == NULL || id->kind != JSON_STRING)
        return fail(router, "%.*s: an operation has no operationId", (int)route->path.size,
                    route->path.data);
    struct text method = arena_text(router->arena, json->name);
    char *letters = ARENA_NEW(router->arena, char, method.size + 1);
    for (size_t i = 0; i < method.size; i++)
        letters[i] = (char)toupper((unsigned char)method.data[i]);
    *operation = (struct http_operation){.id = arena_text(router->arena, id->text),
                                         .method = {.data = letters, .size = method.size},
                                         .route = route,
                                         .json = json};
    if (http_router_operation(router, operation->id.data) != NULL)
        return fail(router, "operationId %s is there twice", operation->id.data);
    route->operations_count++;
    return load_parameters(router, operation, json_value_member(item, "parameters"),
                           json_value_member(json, "parameters")) &&
           load_body(router, operation) && path_agrees(router, operation);
}

static bool load_segments(struct http_router *router, struct http_route *route)
{
    struct text texts[HTTP_SEGMENTS_MAX];
    if (route->path.size == 0 || route->path.data[0] != '/' ||
        http_segments_split(route->path, texts, &route->segments_count) != OK)
        return fail(router, "path \"%.*s\" has no slash in front or too many",
                    (int)route->path.size, route->path.data);
    for (size_t i = 0; i < route->segments_count; i++) {
        struct text text = texts[i];
        bool braces = memchr(text.data, '{', text.size) != NULL;
        bool whole =
            braces && text.size > 2 && text.data[0] == '{' && text.data[text.size - 1] == '}';
        if (braces && !whole)
            return fail(router, "path %.*s: a parameter is a whole segment", (int)route->path.size,
                        route->path.data);
        if (whole)
            text = (struct text){.data = text.data + 1, .size = text.size - 2};
        route->segments[i] = (struct http_segment){.text = text, .parameter = whole};
    }
    return true;
}

static bool load_route(struct http_router *router, const struct json_value *item)
{
    static const char *const METHODS[] = {"get",   "put",  "post",   "delete",
                                          "patch", "head", "options"};
    struct http_route *route = &router->routes[router->routes_count++];
    *route = (struct http_route){
        .path = item->name,
        .operations = ARENA_NEW(router->arena, struct http_operation, COUNT_OF(METHODS))};
    if (!load_segments(router, route))
        return false;
    for (size_t i = 0; i < COUNT_OF(METHODS); i++) {
        const struct json_value *json = json_value_member(item, METHODS[i]);
        if (json != NULL && !load_operation(router, route, item, json))
            return false;
    }
    return route->operations_count > 0 ||
           fail(router, "path %.*s has no operation", (int)item->name.size, item->name.data);
}

/* Literals before parameters from the left; 0 where both templates fit the same paths. */
static int route_order(const void *left, const void *right)
{
    const struct http_route *a = left;
    const struct http_route *b = right;
    for (size_t i = 0; i < a->segments_count && i < b->segments_count; i++) {
        if (a->segments[i].parameter != b->segments[i].parameter)
            return a->segments[i].parameter ? 1 : -1;
        int order =
            a->segments[i].parameter ? 0 : text_compare(a->segments[i].text, b->segments[i].text);
        if (order != 0)
            return order;
    }
    return (a->segments_count > b->segments_count) - (a->segments_count < b->segments_count);
}

static bool sort_routes(struct http_router *router)
{
    qsort(router->routes, router->routes_count, sizeof *router->routes, route_order);
    for (size_t i = 0; i < router->routes_count; i++) {
        struct http_route *route = &router->routes[i];
        for (size_t k = 0; k < route->operations_count; k++)
            route->operations[k].route = route;
        if (i > 0 && route_order(route - 1, route) == 0)
            return fail(router, "paths %.*s and %.*s are the same", (int)route[-1].path.size,
                        route[-1].path.data, (int)route->path.size, route->path.data);
    }
    return true;
}

static bool load(struct http_router *router, struct text document)
{
    struct json_error error;
    struct text copy = arena_text(router->arena, document);
    if (json_parse(copy, document.size, router->arena, &router->document, &error) != OK)
        return fail(router, "the document is no JSON: %s, line %zu, column %zu", error.message,
                    error.line, error.column);
    router->compiler.document = router->document;
    const struct json_value *paths = json_value_member(router->document, "paths");
    if (paths == NULL || paths->kind != JSON_OBJECT)
        return fail(router, "the document has no paths");
    router->routes = ARENA_NEW(router->arena, struct http_route, paths->count);
    for (const struct json_value *item = paths->first; item != NULL; item = item->next) {
        if (!load_route(router, item))
            return false;
    }
    return sort_routes(router);
}

enum err http_router_load(struct text document, struct http_router **ret_router,
                          char ret_reason[HTTP_ROUTER_REASON_SIZE])
{
    struct http_router *router = calloc(1, sizeof *router);
    CHECK(router != NULL);
    router->arena =
        arena_new(document.size * (JSON_ARENA_FACTOR + 1 + COMPILED_FACTOR) + ARENA_PAGE);
    router->compiler.arena = router->arena;
    bool good = load(router, document);
    snprintf(ret_reason, HTTP_ROUTER_REASON_SIZE, "%s", router->compiler.reason);
    if (!good) {
        http_router_free(router);
        return ERR_CONFIG;
    }
    *ret_router = router;
    return OK;
}

void http_router_free(struct http_router *router)
{
    if (router == NULL)
        return;
    http_schema_compiler_free(&router->compiler);
    arena_free(router->arena);
    free(router);
}
