#include "http/router.h"
#include "http/percent.h"
#include "http/router_internal.h"

#include <string.h>

enum err http_segments_split(struct text path, struct text ret_segments[HTTP_SEGMENTS_MAX],
                             size_t *ret_count)
{
    size_t count = 0;
    size_t start = 1; /* behind the first slash */
    for (size_t i = 1; i <= path.size; i++) {
        if (i < path.size && path.data[i] != '/')
            continue;
        if (count == HTTP_SEGMENTS_MAX)
            return ERR_FULL;
        ret_segments[count++] = (struct text){.data = path.data + start, .size = i - start};
        start = i + 1;
    }
    *ret_count = count;
    return OK;
}

static bool route_fits(const struct http_route *route, const struct text *segments, size_t count)
{
    if (route->segments_count != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct http_segment *segment = &route->segments[i];
        if (segment->parameter ? segments[i].size == 0 : !text_equal(segment->text, segments[i]))
            return false;
    }
    return true;
}

static const struct http_operation *route_operation(const struct http_route *route,
                                                    struct text method)
{
    for (size_t i = 0; i < route->operations_count; i++) {
        if (text_equal(route->operations[i].method, method))
            return &route->operations[i];
    }
    return NULL;
}

static struct text allowed_methods(const struct http_route *route, struct arena *arena)
{
    struct text allow = TEXT("");
    for (size_t i = 0; i < route->operations_count; i++) {
        const char *method = route->operations[i].method.data;
        bool head = text_is(route->operations[i].method, "GET") &&
                    route_operation(route, TEXT("HEAD")) == NULL;
        allow = arena_printf(arena, "%s%s%s%s", allow.data, allow.size > 0 ? ", " : "", method,
                             head ? ", HEAD" : "");
    }
    return allow;
}

static struct http_pairs path_values(const struct http_route *route, const struct text *segments,
                                     struct arena *arena)
{
    struct http_pair *rows = ARENA_NEW(arena, struct http_pair, route->segments_count);
    size_t count = 0;
    for (size_t i = 0; i < route->segments_count; i++) {
        if (route->segments[i].parameter)
            rows[count++] = (struct http_pair){route->segments[i].text, segments[i]};
    }
    return (struct http_pairs){.rows = rows, .count = count};
}

struct http_match http_router_match(const struct http_router *router, struct text method,
                                    struct text path, struct arena *arena)
{
    struct http_match match = {.operation = NULL};
    struct text segments[HTTP_SEGMENTS_MAX];
    size_t count;
    if (path.size == 0 || http_segments_split(path, segments, &count) != OK)
        return match;
    for (size_t i = 0; i < count; i++) {
        if (http_percent_decode(arena, segments[i], false, &segments[i]) != OK)
            return match;
    }
    for (size_t i = 0; i < router->routes_count; i++) {
        const struct http_route *route = &router->routes[i];
        if (!route_fits(route, segments, count))
            continue;
        match.allow = allowed_methods(route, arena);
        match.operation = route_operation(route, method);
        if (match.operation == NULL && text_is(method, "HEAD"))
            match.operation = route_operation(route, TEXT("GET"));
        match.path_values = path_values(route, segments, arena);
        return match;
    }
    return match;
}

const struct http_operation *http_router_operation(const struct http_router *router,
                                                   const char *operation_id)
{
    for (size_t i = 0; i < router->routes_count; i++) {
        for (size_t k = 0; k < router->routes[i].operations_count; k++) {
            if (text_is(router->routes[i].operations[k].id, operation_id))
                return &router->routes[i].operations[k];
        }
    }
    return NULL;
}

void http_router_each(const struct http_router *router,
                      void (*visit)(void *context, const struct http_operation *operation),
                      void *context)
{
    for (size_t i = 0; i < router->routes_count; i++) {
        for (size_t k = 0; k < router->routes[i].operations_count; k++)
            visit(context, &router->routes[i].operations[k]);
    }
}

const struct json_value *http_router_document(const struct http_router *router)
{
    return router->document;
}

struct text http_operation_id(const struct http_operation *operation)
{
    return operation->id;
}

struct text http_operation_method(const struct http_operation *operation)
{
    return operation->method;
}

struct text http_operation_path(const struct http_operation *operation)
{
    return operation->route->path;
}

const struct json_value *http_operation_extension(const struct http_operation *operation,
                                                  const char *name)
{
    return json_value_member(operation->json, name);
}
