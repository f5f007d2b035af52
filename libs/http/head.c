/* head.c - what is checked in a request's line and headers before anything acts on them. */
#include "http/internal.h"
#include "http/percent.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { HEADERS_MAX = 128 };

struct head_reader {
    struct arena *arena;
    struct http_pair *rows;
    size_t count;
    const char *fault;
};

/* A token of RFC 9110: what names of methods and headers are made of. */
static bool is_token(const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (!isalnum((unsigned char)data[i]) &&
            (data[i] == '\0' || strchr("!#$%&'*+-.^_`|~", data[i]) == NULL))
            return false;
    }
    return size > 0;
}

static bool has_control(const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)data[i] < 0x20 ? data[i] != '\t' : data[i] == 0x7f)
            return true;
    }
    return false;
}

static enum MHD_Result read_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   size_t name_size, const char *value, size_t value_size)
{
    (void)kind;
    struct head_reader *reader = context;
    if (!is_token(name, name_size))
        reader->fault = "a header name has a character that is not allowed there";
    else if (has_control(value, value_size))
        reader->fault = "a header value has a control character";
    else if (reader->count == HEADERS_MAX)
        reader->fault = "there are more than 128 headers";
    if (reader->fault != NULL)
        return MHD_NO;
    struct http_pair *header = &reader->rows[reader->count++];
    *header = (struct http_pair){
        .name = arena_text(reader->arena, (struct text){.data = name, .size = name_size}),
        .value = arena_text(reader->arena, (struct text){.data = value, .size = value_size})};
    if (strcasecmp(header->name.data, "If-Match") == 0 ||
        strcasecmp(header->name.data, "If-None-Match") == 0)
        header->value = http_coding_plain_tags(header->value, reader->arena);
    return MHD_YES;
}

static size_t header_count(const struct http_request *request, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < request->headers.count; i++)
        count += strcasecmp(request->headers.rows[i].name.data, name) == 0;
    return count;
}

static bool all_digits(struct text text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!isdigit((unsigned char)text.data[i]))
            return false;
    }
    return text.size > 0;
}

/* Where a body ends and who calls must have one meaning, for us and for every proxy before us. */
static const char *framing_fault(const struct http_request *request, const char *version)
{
    size_t encodings = header_count(request, "Transfer-Encoding");
    size_t lengths = header_count(request, "Content-Length");
    size_t hosts = header_count(request, "Host");
    if (header_count(request, "Authorization") > 1)
        return "there is more than one Authorization";
    if (hosts > 1 || (hosts == 0 && strcmp(version, "HTTP/1.0") != 0))
        return "exactly one Host header is needed";
    if (lengths > 1)
        return "there is more than one Content-Length";
    if (lengths == 1 && !all_digits(http_request_header(request, "Content-Length")))
        return "the Content-Length is not a number";
    if (encodings == 0)
        return NULL;
    if (lengths > 0)
        return "Content-Length and Transfer-Encoding exclude each other";
    if (encodings > 1 || strcmp(version, "HTTP/1.1") != 0 ||
        strcasecmp(http_request_header(request, "Transfer-Encoding").data, "chunked") != 0)
        return "the only Transfer-Encoding taken is chunked, in HTTP/1.1";
    return NULL;
}

static const char *target_fault(struct http_request *request)
{
    struct text path = request->target;
    struct text query = TEXT("");
    const char *mark = strchr(path.data, '?');
    if (mark != NULL) {
        query = text_of(mark + 1);
        path.size = (size_t)(mark - path.data);
    }
    request->path = arena_text(request->arena, path);
    struct text decoded;
    if (path.size == 0 || path.data[0] != '/')
        return "the target does not start with a slash";
    for (size_t i = 0; i < request->target.size; i++) {
        unsigned char c = (unsigned char)request->target.data[i];
        if (c <= 0x20 || c >= 0x7f)
            return "the target has a character that must be percent-encoded";
    }
    if (http_percent_decode(request->arena, path, false, &decoded) != OK)
        return "the path has a malformed percent sequence or is not UTF-8";
    switch (http_form_decode(request->arena, query, &request->query)) {
    case OK: return NULL;
    case ERR_FULL: return "the query has more than 256 parameters";
    default: return "the query has a malformed percent sequence or is not UTF-8";
    }
}

/* The client's own id where it can do no harm in a log, else a new one. */
static struct text request_id(struct http_request *request)
{
    struct text id = http_request_header(request, "X-Request-Id");
    bool sane = id.size > 0 && id.size <= HTTP_REQUEST_ID_SIZE_MAX;
    for (size_t i = 0; sane && i < id.size; i++)
        sane =
            isalnum((unsigned char)id.data[i]) || (id.data[i] != '\0' && strchr("-_.", id.data[i]));
    if (sane)
        return id;
    const struct http_server_options *options = &request->server->options;
    char made[HTTP_REQUEST_ID_SIZE_MAX];
    size_t size = options->make_request_id(options->context, made);
    CHECK(size <= sizeof made);
    return arena_text(request->arena, (struct text){.data = made, .size = size});
}

/* Who asks, and whether by TLS, as we see it or the proxy that we trust. */
static void find_client(struct http_request *request)
{
    const struct http_server_options *options = &request->server->options;
    struct http_client client = http_forwarded_client(
        &options->proxies, arena_text(request->arena, text_of(request->connection->address)),
        request->headers, request->arena);
    request->address = client.address;
    request->by_tls = client.by_proxy ? !client.by_plain_http : options->certificate_pem != NULL;
}

const char *http_head_read(struct http_request *request, const char *method, const char *version)
{
    struct head_reader reader = {.arena = request->arena,
                                 .rows = ARENA_NEW(request->arena, struct http_pair, HEADERS_MAX)};
    MHD_get_connection_values_n(request->mhd, MHD_HEADER_KIND, read_header, &reader);
    request->headers = (struct http_pairs){.rows = reader.rows, .count = reader.count};
    request->method = arena_text(request->arena, text_of(method));
    find_client(request);
    request->id = request_id(request);
    if (reader.fault != NULL)
        return reader.fault;
    if (!is_token(method, strlen(method)))
        return "the method has a character that is not allowed there";
    const char *fault = framing_fault(request, version);
    return fault != NULL ? fault : target_fault(request);
}
