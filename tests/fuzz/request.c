/* request.c - a request as microhttpd hands it over: line and headers are checked, its operation is
 * found, its parameters and body are read. What comes is an input with every default, or a problem.
 *
 *     POST /api/v1/orders?limit=3
 *     Content-Type: application/json
 *                                        a line without a colon ends the headers
 *     {"instrument": ...}
 */
#include "fuzz.h"
#include "http/internal.h"
#include "http/router.h"

#include <stdio.h>
#include <stdlib.h>

enum { DOCUMENT_SIZE_MAX = 4 << 20, ARENA_SIZE = 16 << 20, BODY_MAX = 65536, HEADERS_MAX = 200 };

static struct http_pair headers[HEADERS_MAX];
static size_t headers_count;

/* In the place of microhttpd's, for http_head_read(): gives the input's headers. */
int MHD_get_connection_values_n(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                                MHD_KeyValueIteratorN iterator, void *context)
{
    (void)connection;
    for (size_t i = 0; i < headers_count; i++) {
        if (iterator(context, kind, headers[i].name.data, headers[i].name.size,
                     headers[i].value.data, headers[i].value.size) != MHD_YES)
            break;
    }
    return (int)headers_count;
}

static size_t make_id(void *context, char ret_id[HTTP_REQUEST_ID_SIZE_MAX])
{
    (void)context;
    ret_id[0] = '1';
    return 1;
}

static struct http_router *load_router(void)
{
    struct http_router *router;
    char reason[HTTP_ROUTER_REASON_SIZE];
    char *document = malloc(DOCUMENT_SIZE_MAX);
    FILE *file = fopen(BOURSE_OPENAPI, "rb");
    CHECK(document != NULL && file != NULL);
    size_t size = fread(document, 1, DOCUMENT_SIZE_MAX, file);
    fclose(file);
    CHECK(http_router_load((struct text){document, size}, &router, reason) == OK);
    free(document);
    return router;
}

/* The text up to the mark, as microhttpd would have it: with a zero behind, and none within. */
static char *string_until(struct fuzz_input *input, char mark, struct arena *arena)
{
    return (char *)(uintptr_t)arena_text(arena, fuzz_until(input, mark)).data;
}

static void read_headers(struct fuzz_input *input, struct arena *arena)
{
    headers_count = 0;
    while (input->size > 0 && headers_count < HEADERS_MAX) {
        struct text line = arena_text(arena, fuzz_until(input, '\n'));
        struct fuzz_input rest = {(const uint8_t *)line.data, line.size};
        struct text name = arena_text(arena, fuzz_until(&rest, ':'));
        if (rest.size == 0 && name.size == line.size)
            return;
        if (rest.size > 0 && rest.data[0] == ' ')
            fuzz_byte(&rest);
        headers[headers_count++] = (struct http_pair){
            name, arena_text(arena, (struct text){(const char *)rest.data, rest.size})};
    }
}

static void read_operation(const struct http_router *router, struct http_request *request)
{
    struct http_match match =
        http_router_match(router, request->method, request->path, request->arena);
    struct http_input input;
    struct http_problem problem;
    if (http_router_read(&match, request, &input, &problem) == OK)
        CHECK(match.operation != NULL && input.parameters != NULL);
    else
        CHECK(http_problem_status(problem.code) >= 400);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http_router *router;
    static struct http_server server;
    static struct http_connection connection = {.address = "::1"};
    if (router == NULL)
        router = load_router();
    server.options = (struct http_server_options){
        .make_request_id = make_id, .body_size_max = BODY_MAX, .arena_size_max = ARENA_SIZE};
    atomic_init(&server.references, 1); /* and the server stays */

    struct fuzz_input input = {data, size};
    struct arena *arena = arena_new(ARENA_SIZE);
    const char *method = string_until(&input, ' ', arena);
    struct http_request *request = http_request_new(&server, string_until(&input, '\n', arena));
    request->connection = &connection;
    read_headers(&input, arena);
    if (http_head_read(request, method, "HTTP/1.1") == NULL) {
        buffer_append(&request->body, input.data, input.size);
        if (buffer_ok(&request->body))
            read_operation(router, request);
    }
    (void)http_coding_accepted(http_request_header(request, "Accept-Encoding"));
    http_request_release(request);
    arena_free(arena);
    return 0;
}
