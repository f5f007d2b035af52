#include "http/request.h"
#include "http/internal.h"

#include <stdlib.h>
#include <strings.h>

/* More than nearly every request needs; what needed more gives its memory back. */
enum { SPARE_USED_MAX = 64 << 10 };

/* Memory for a request: a block of an arena is too much for malloc to have at hand. */
static struct arena *take_arena(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    struct arena *spare = server->spares_count > 0 ? server->spares[--server->spares_count] : NULL;
    pthread_mutex_unlock(&server->lock);
    return spare != NULL ? spare : arena_new(server->options.arena_size_max);
}

static void give_arena(struct http_server *server, struct arena *arena)
{
    if (arena_used(arena) <= SPARE_USED_MAX) {
        arena_reset(arena);
        pthread_mutex_lock(&server->lock);
        if (server->spares_count < HTTP_SPARES_MAX) {
            server->spares[server->spares_count++] = arena;
            arena = NULL;
        }
        pthread_mutex_unlock(&server->lock);
    }
    arena_free(arena);
}

struct http_request *http_request_new(struct http_server *server, const char *target)
{
    struct http_request *request = calloc(1, sizeof *request);
    CHECK(request != NULL);
    atomic_init(&request->references, 1);
    request->server = server;
    atomic_fetch_add(&server->references, 1);
    request->timeout_ms = server->options.answer_timeout_ms;
    request->arena = take_arena(server);
    request->target = arena_text(request->arena, text_of(target));
    buffer_init(&request->body, server->options.body_size_max);
    return request;
}

void http_request_retain(struct http_request *request)
{
    atomic_fetch_add(&request->references, 1);
}

void http_request_release(struct http_request *request)
{
    if (atomic_fetch_sub(&request->references, 1) > 1)
        return;
    struct http_server *server = request->server;
    if (request->answer != NULL)
        MHD_destroy_response(request->answer);
    buffer_free(&request->body);
    http_upload_ended(request);
    give_arena(server, request->arena);
    free(request);
    http_server_release(server);
}

struct text http_request_method(const struct http_request *request)
{
    return request->method;
}

struct text http_request_path(const struct http_request *request)
{
    return request->path;
}

struct http_pairs http_request_query(const struct http_request *request)
{
    return request->query;
}

bool http_request_query_find(const struct http_request *request, const char *name,
                             struct text *ret_value)
{
    for (size_t i = 0; i < request->query.count; i++) {
        if (text_is(request->query.rows[i].name, name)) {
            *ret_value = request->query.rows[i].value;
            return true;
        }
    }
    return false;
}

struct http_pairs http_request_headers(const struct http_request *request)
{
    return request->headers;
}

struct text http_request_header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->headers.count; i++) {
        if (strcasecmp(request->headers.rows[i].name.data, name) == 0)
            return request->headers.rows[i].value;
    }
    return TEXT("");
}

struct bytes http_request_body(const struct http_request *request)
{
    return buffer_bytes(&request->body);
}

struct text http_request_address(const struct http_request *request)
{
    return request->address;
}

bool http_request_by_tls(const struct http_request *request)
{
    return request->by_tls;
}

struct text http_request_id(const struct http_request *request)
{
    return request->id;
}

struct arena *http_request_arena(struct http_request *request)
{
    return request->arena;
}

int64_t http_request_began_ns(const struct http_request *request)
{
    return request->began_ns;
}

void http_request_set_user(struct http_request *request, void *user)
{
    request->user = user;
}

void *http_request_user(const struct http_request *request)
{
    return request->user;
}

void http_request_set_timeout(struct http_request *request, uint32_t timeout_ms)
{
    request->timeout_ms = timeout_ms;
}
