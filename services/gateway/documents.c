/* documents.c - what is served as it is: the OpenAPI and AsyncAPI documents, the page about them,
 * the keys. */
#include "gateway/handlers.h"
#include "gateway/respond.h"
#include "gateway/share.h"

#include <string.h>

enum { JWKS_MAX = 4096 };

void handle_openapi(struct exchange *exchange)
{
    respond(exchange, &(struct respond_with){.body = exchange->gateway->openapi});
}

void handle_asyncapi(struct exchange *exchange)
{
    respond(exchange, &(struct respond_with){.body = exchange->gateway->asyncapi});
}

static const char *type_of(struct text name)
{
    static const char *const TYPES[][2] = {{".html", "text/html; charset=utf-8"},
                                           {".js", "text/javascript; charset=utf-8"},
                                           {".css", "text/css; charset=utf-8"}};
    for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
        size_t size = strlen(TYPES[i][0]);
        if (name.size > size && memcmp(name.data + name.size - size, TYPES[i][0], size) == 0)
            return TYPES[i][1];
    }
    return NULL;
}

/* One plain file name, so that no path leads out of the folder. */
static bool is_plain(struct text name)
{
    return name.size > 0 && name.size < 64 && name.data[0] != '.' &&
           memchr(name.data, '/', name.size) == NULL && memchr(name.data, 0, name.size) == NULL;
}

static void docs_now(struct exchange *exchange, struct db *db)
{
    (void)db;
    struct text name =
        exchange->path_values.count > 0 ? exchange->path_values.rows[0].value : TEXT("index.html");
    const char *type = type_of(name);
    struct text path = arena_printf(exchange->arena, "docs/%.*s", (int)name.size, name.data);
    struct text file;
    if (type == NULL || !is_plain(name) ||
        share_read(exchange->gateway->share, path, exchange->arena, &file) != OK) {
        respond_err(exchange, ERR_NOT_FOUND);
        return;
    }
    respond(exchange,
            &(struct respond_with){.content_type = type,
                                   .body = file,
                                   .policy = TEXT("default-src 'self'; frame-ancestors 'none'; "
                                                  "base-uri 'none'; form-action 'none'")});
}

void handle_docs(struct exchange *exchange)
{
    exchange_resume(exchange, exchange->gateway->work, docs_now);
}

void handle_jwks(struct exchange *exchange)
{
    struct buffer keys;
    buffer_init(&keys, JWKS_MAX);
    auth_jwks(exchange->gateway->auth, &keys);
    respond(exchange, &(struct respond_with){.content_type = "application/jwk-set+json",
                                             .body = buffer_as_text(&keys)});
    buffer_free(&keys);
}

void handle_push_key(struct exchange *exchange)
{
    struct text key = exchange->gateway->push_key;
    if (key.size == 0) {
        respond_err(exchange, ERR_NOT_FOUND);
        return;
    }
    respond(exchange, &(struct respond_with){.body = arena_printf(exchange->arena,
                                                                  "{\"public_key\":\"%.*s\"}",
                                                                  (int)key.size, key.data)});
}
