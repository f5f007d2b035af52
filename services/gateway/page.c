#include "gateway/page.h"

#include "gateway/gateway.h"
#include "gateway/share.h"
#include "seal/seal.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { FILES_MAX = 1000, DEPTH_MAX = 4, ROOTS_MAX = 64, TAG_SIZE = 16 };

/* Nothing but what the venue itself serves, and neither script nor style inside a page. */
#define POLICY                                                                                     \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "        \
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "                   \
    "frame-ancestors 'none'"
#define IMMUTABLE "public, max-age=31536000, immutable"

struct page {
    struct page_file files[FILES_MAX];
    size_t count;
    struct text roots[ROOTS_MAX]; /* first parts of the operations' paths: "api", "docs" */
    size_t roots_count;
    const struct page_file *index;
};

/* What a folder is read with. */
struct reading {
    struct page *page;
    const char *folder;
    struct arena *arena;
    struct text *problem;
};

/* --- reading ---------------------------------------------------------------------------------- */

static bool ends_with(struct text name, const char *end)
{
    size_t size = strlen(end);
    return name.size >= size && memcmp(name.data + name.size - size, end, size) == 0;
}

static const char *type_of(struct text name)
{
    static const char *const TYPES[][2] = {{".html", "text/html; charset=utf-8"},
                                           {".js", "text/javascript; charset=utf-8"},
                                           {".css", "text/css; charset=utf-8"},
                                           {".svg", "image/svg+xml"},
                                           {".png", "image/png"},
                                           {".woff2", "font/woff2"},
                                           {".json", "application/json"},
                                           {".txt", "text/plain; charset=utf-8"}};
    for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
        if (ends_with(name, TYPES[i][0]))
            return TYPES[i][1];
    }
    return "application/octet-stream";
}

static struct page_file *find(struct page *page, struct text path)
{
    for (size_t i = 0; i < page->count; i++) {
        if (text_equal(page->files[i].path, path))
            return &page->files[i];
    }
    return NULL;
}

/* The file of that path, a new one where it is not known yet: a twin may be read before it. NULL:
 * there are too many. */
static struct page_file *make(struct page *page, struct text path)
{
    struct page_file *file = find(page, path);
    if (file != NULL || page->count == FILES_MAX)
        return file;
    file = &page->files[page->count++];
    *file = (struct page_file){
        .path = path, .type = type_of(path), .hashed = text_starts(path, "/assets/")};
    return file;
}

static struct text tag_of(struct text bytes, struct arena *arena)
{
    uint8_t digest[SEAL_HASH_SIZE];
    char digits[2 * TAG_SIZE + 1];
    seal_hash_of(bytes.data, bytes.size, digest);
    for (size_t i = 0; i < TAG_SIZE; i++)
        snprintf(digits + 2 * i, 3, "%02x", digest[i]);
    return arena_printf(arena, "\"%s\"", digits);
}

static enum page_coding coding_of(struct text *path)
{
    enum page_coding coding = ends_with(*path, ".br")   ? PAGE_BROTLI
                              : ends_with(*path, ".gz") ? PAGE_GZIP
                                                        : PAGE_PLAIN;
    if (coding != PAGE_PLAIN)
        path->size -= strlen(".br");
    return coding;
}

/* `path` starts with a slash. */
static enum err read_file(const struct reading *reading, struct text path)
{
    struct text bytes;
    enum err err = share_read(reading->folder, (struct text){path.data + 1, path.size - 1},
                              reading->arena, &bytes);
    if (err != OK) {
        *reading->problem = arena_printf(reading->arena, "%s%.*s cannot be read, or is too large",
                                         reading->folder, (int)path.size, path.data);
        return ERR_CONFIG;
    }
    enum page_coding coding = coding_of(&path);
    struct page_file *file = make(reading->page, path);
    if (file == NULL) {
        *reading->problem =
            arena_printf(reading->arena, "%s has more than %d files", reading->folder, FILES_MAX);
        return ERR_CONFIG;
    }
    file->bytes[coding] = bytes;
    if (coding == PAGE_PLAIN)
        file->etag = tag_of(bytes, reading->arena);
    return OK;
}

static enum err read_folder(const struct reading *reading, struct text path, int depth)
{
    struct text name =
        arena_printf(reading->arena, "%s%.*s", reading->folder, (int)path.size, path.data);
    DIR *folder = depth < DEPTH_MAX ? opendir(name.data) : NULL;
    if (folder == NULL) {
        *reading->problem =
            arena_printf(reading->arena, "%s is no folder that can be read", name.data);
        return ERR_CONFIG;
    }
    enum err err = OK;
    for (struct dirent *entry; err == OK && (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        struct text inner =
            arena_printf(reading->arena, "%.*s/%s", (int)path.size, path.data, entry->d_name);
        err = entry->d_type == DT_DIR ? read_folder(reading, inner, depth + 1)
                                      : read_file(reading, inner);
    }
    closedir(folder);
    return err;
}

/* --- what is the API's ------------------------------------------------------------------------ */

static struct text first_part(struct text path)
{
    struct text part = {.data = path.data + 1, .size = path.size > 0 ? path.size - 1 : 0};
    const char *slash = part.size > 0 ? memchr(part.data, '/', part.size) : NULL;
    if (slash != NULL)
        part.size = (size_t)(slash - part.data);
    return part;
}

static bool is_root(const struct page *page, struct text part)
{
    for (size_t i = 0; i < page->roots_count; i++) {
        if (text_equal(page->roots[i], part))
            return true;
    }
    return false;
}

static void add_root(void *context, const struct http_operation *operation)
{
    struct page *page = context;
    struct text part = first_part(http_operation_path(operation));
    if (is_root(page, part))
        return;
    CHECK(page->roots_count < ROOTS_MAX);
    page->roots[page->roots_count++] = part;
}

enum err page_load(const char *folder, const struct http_router *router, struct arena *arena,
                   struct page **ret_page, struct text *ret_problem)
{
    struct page *page = ARENA_NEW(arena, struct page, 1);
    *page = (struct page){.count = 0};
    struct reading reading = {page, folder, arena, ret_problem};
    enum err err = read_folder(&reading, TEXT(""), 0);
    if (err != OK)
        return err;
    page->index = find(page, TEXT("/index.html"));
    if (page->index == NULL) {
        *ret_problem = arena_printf(arena, "%s has no index.html", folder);
        return ERR_CONFIG;
    }
    http_router_each(router, add_root, page);
    *ret_page = page;
    return OK;
}

/* --- answering -------------------------------------------------------------------------------- */

const struct page_file *page_find(const struct page *page, struct text path, bool wants_html)
{
    const struct page_file *file = find((struct page *)(uintptr_t)page, path);
    if (file != NULL && file->bytes[PAGE_PLAIN].size > 0)
        return file;
    return wants_html && !is_root(page, first_part(path)) ? page->index : NULL;
}

static bool wants_html(const struct http_request *request)
{
    struct text accept = http_request_header(request, "Accept");
    return memmem(accept.data, accept.size, "text/html", strlen("text/html")) != NULL;
}

/* The smallest of its twins that the client takes. */
static enum page_coding choose(const struct page_file *file, const struct http_request *request)
{
    if (file->bytes[PAGE_BROTLI].size > 0 && http_accepts_coding(request, "br"))
        return PAGE_BROTLI;
    if (file->bytes[PAGE_GZIP].size > 0 && http_accepts_coding(request, "gzip"))
        return PAGE_GZIP;
    return PAGE_PLAIN;
}

static void send(struct exchange *exchange, const struct page_file *file)
{
    static const char *const NAMES[PAGE_CODINGS] = {NULL, "br", "gzip"};
    static const char *const MARKS[PAGE_CODINGS] = {"", "-br", "-gz"};
    enum page_coding coding = choose(file, exchange->request);
    struct http_pair headers[5] = {
        {TEXT("Content-Security-Policy"), TEXT(POLICY)},
        {TEXT("Cache-Control"), text_of(file->hashed ? IMMUTABLE : "no-cache")},
        {TEXT("traceparent"), exchange->traceparent}};
    size_t count = 3;
    if (coding != PAGE_PLAIN) {
        headers[count++] = (struct http_pair){TEXT("Content-Encoding"), text_of(NAMES[coding])};
        headers[count++] = (struct http_pair){TEXT("Vary"), TEXT("Accept-Encoding")};
    }
    struct text etag = arena_printf(exchange->arena, "%.*s%s\"", (int)file->etag.size - 1,
                                    file->etag.data, MARKS[coding]);
    http_respond(exchange->request, &(struct http_response){.status = 200,
                                                            .content_type = text_of(file->type),
                                                            .body = file->bytes[coding],
                                                            .etag = etag,
                                                            .headers = {headers, count}});
}

bool page_is_wanted(const struct exchange *exchange)
{
    return exchange->gateway->page != NULL && wants_html(exchange->request);
}

bool page_answer(struct exchange *exchange)
{
    const struct http_request *request = exchange->request;
    struct text method = http_request_method(request);
    if (exchange->gateway->page == NULL || !(text_is(method, "GET") || text_is(method, "HEAD")))
        return false;
    const struct page_file *file =
        page_find(exchange->gateway->page, http_request_path(request), wants_html(request));
    if (file == NULL)
        return false;
    send(exchange, file);
    return true;
}
