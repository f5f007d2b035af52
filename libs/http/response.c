#include "http/response.h"
#include "http/internal.h"

#include <string.h>
#include <strings.h>

/* What every answer says unless it says otherwise itself. The policy is that of data: nothing in an
 * answer may load, run or frame anything; a page brings its own. */
static const char *const STANDARD_HEADERS[][2] = {
    {"Strict-Transport-Security", "max-age=63072000; includeSubDomains"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
    {"Cache-Control", "no-store"},
};

static bool has_header(struct http_pairs headers, const char *name)
{
    size_t size = strlen(name);
    for (size_t i = 0; i < headers.count; i++) {
        struct text own = headers.rows[i].name;
        if (own.size == size && strncasecmp(own.data, name, size) == 0)
            return true;
    }
    return false;
}

static void add(struct MHD_Response *answer, const char *name, const char *value)
{
    CHECK(MHD_add_response_header(answer, name, value) == MHD_YES);
}

static bool is_compressible(const struct http_response *response)
{
    return http_coding_worthwhile(response->content_type, response->body.size) &&
           !has_header(response->headers, "Content-Encoding");
}

/* How the answer is coded, be it sent or not because the client has it. */
static enum http_coding coding_of(const struct http_request *request,
                                  const struct http_response *response)
{
    if (!is_compressible(response))
        return HTTP_CODING_NONE;
    return http_coding_accepted(http_request_header(request, "Accept-Encoding"));
}

static void add_headers(struct MHD_Response *answer, const struct http_request *request,
                        const struct http_response *response, struct arena *arena)
{
    struct text etag = http_coding_tag(coding_of(request, response), response->etag, arena);
    for (size_t i = 0; i < COUNT_OF(STANDARD_HEADERS); i++) {
        if (!has_header(response->headers, STANDARD_HEADERS[i][0]))
            add(answer, STANDARD_HEADERS[i][0], STANDARD_HEADERS[i][1]);
    }
    for (size_t i = 0; i < response->headers.count; i++) {
        const struct http_pair *header = &response->headers.rows[i];
        add(answer, arena_text(arena, header->name).data, arena_text(arena, header->value).data);
    }
    add(answer, "X-Request-Id", request->id.data);
    if (etag.size > 0)
        add(answer, "ETag", arena_text(arena, etag).data);
    if (request->close)
        add(answer, "Connection", "close");
}

/* Whether If-None-Match names the tag; weak comparison, as RFC 9110 asks for here. */
static bool client_has(const struct http_request *request, struct text etag)
{
    struct text known = http_request_header(request, "If-None-Match");
    bool reads = text_is(request->method, "GET") || text_is(request->method, "HEAD");
    if (known.size == 0 || etag.size == 0 || !reads)
        return false;
    if (etag.size > 2 && memcmp(etag.data, "W/", 2) == 0)
        etag = (struct text){.data = etag.data + 2, .size = etag.size - 2};
    /* A tag has its quotes on, so one is found inside another only where they are equal. */
    return text_is(known, "*") || memmem(known.data, known.size, etag.data, etag.size) != NULL;
}

static struct MHD_Response *with_body(const struct http_request *request,
                                      const struct http_response *response, struct arena *arena)
{
    struct text body = response->body;
    enum http_coding coding = coding_of(request, response);
    size_t size = 0;
    void *coded = http_code(coding, body, &size);
    struct MHD_Response *answer =
        coded != NULL ? MHD_create_response_from_buffer(size, coded, MHD_RESPMEM_MUST_FREE)
                      : MHD_create_response_from_buffer(body.size, (void *)(uintptr_t)body.data,
                                                        MHD_RESPMEM_MUST_COPY);
    CHECK(answer != NULL);
    if (coded != NULL)
        add(answer, "Content-Encoding", http_coding_name(coding));
    if (response->content_type.size > 0)
        add(answer, "Content-Type", arena_text(arena, response->content_type).data);
    return answer;
}

struct MHD_Response *http_response_build(const struct http_request *request,
                                         const struct http_response *response, struct arena *arena,
                                         unsigned *ret_status)
{
    CHECK(response->status >= 200 && response->status <= 599);
    bool unchanged =
        response->status == 200 && !response->etag_part && client_has(request, response->etag);
    struct MHD_Response *answer =
        unchanged ? MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT)
                  : with_body(request, response, arena);
    CHECK(answer != NULL);
    if (is_compressible(response))
        add(answer, "Vary", "Accept-Encoding");
    add_headers(answer, request, response, arena);
    *ret_status = unchanged ? 304 : response->status;
    return answer;
}

void http_response_begin_stream(const struct http_request *request,
                                const struct http_response *response, struct MHD_Response *answer)
{
    struct arena *arena = request->arena;
    add(answer, "Content-Type", arena_text(arena, response->content_type).data);
    add_headers(answer, request, response, arena);
}

static enum MHD_Result print_header(void *context, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    (void)kind;
    buffer_printf(context, "%s: %s\r\n", name, value);
    return MHD_YES;
}

void http_response_print(const struct http_request *request, const struct http_response *response,
                         struct buffer *buffer)
{
    struct MHD_Response *answer = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    CHECK(answer != NULL);
    add_headers(answer, request, response, request->arena);
    buffer_printf(buffer, "HTTP/1.1 %u %s\r\nContent-Type: %.*s\r\nContent-Length: %zu\r\n",
                  response->status, MHD_get_reason_phrase_for(response->status),
                  (int)response->content_type.size, response->content_type.data,
                  response->body.size);
    MHD_get_response_headers(answer, print_header, buffer);
    buffer_printf(buffer, "\r\n%.*s", (int)response->body.size, response->body.data);
    MHD_destroy_response(answer);
}

void http_request_answer(struct http_request *request, struct MHD_Response *answer, unsigned status)
{
    struct http_server *server = request->server;
    pthread_mutex_lock(&server->lock);
    bool first = request->status == 0 && request->connection != NULL;
    if (first) {
        request->answer = answer;
        request->status = status;
        request->connection->deadline_ns =
            http_now_ns() + (int64_t)server->options.write_timeout_ms * 1000000;
        http_loop_resume(request);
    }
    pthread_mutex_unlock(&server->lock);
    if (!first)
        MHD_destroy_response(answer);
}

void http_respond(struct http_request *request, const struct http_response *response)
{
    unsigned status;
    struct MHD_Response *answer = http_response_build(request, response, request->arena, &status);
    http_request_answer(request, answer, status);
    http_request_release(request);
}
