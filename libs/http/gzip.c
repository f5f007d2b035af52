#include "http/internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <zlib.h>

enum { WORTHWHILE_SIZE = 1024, LEVEL = 3, GZIP_WINDOW_BITS = 15 + 16 };

static struct text trimmed(struct text text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = (struct text){.data = text.data + 1, .size = text.size - 1};
    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

/* Whether the parameters behind a coding rule it out: q=0, q=0.000. */
static bool weight_is_zero(struct text parameters)
{
    parameters = trimmed(parameters);
    if (parameters.size < 3 || strncasecmp(parameters.data, "q=0", 3) != 0)
        return false;
    for (size_t i = 3; i < parameters.size; i++) {
        if (parameters.data[i] >= '1' && parameters.data[i] <= '9')
            return false;
    }
    return true;
}

bool http_gzip_accepted(struct text accept_encoding)
{
    bool any = false; /* what `*` says, where gzip is not named */
    while (accept_encoding.size > 0) {
        const char *comma = memchr(accept_encoding.data, ',', accept_encoding.size);
        size_t size = comma == NULL ? accept_encoding.size : (size_t)(comma - accept_encoding.data);
        struct text coding = {.data = accept_encoding.data, .size = size};
        struct text parameters = TEXT("");
        const char *semicolon = memchr(coding.data, ';', coding.size);
        if (semicolon != NULL) {
            coding.size = (size_t)(semicolon - coding.data);
            parameters = (struct text){.data = semicolon + 1, .size = size - coding.size - 1};
        }
        coding = trimmed(coding);
        if (coding.size == 4 && strncasecmp(coding.data, "gzip", 4) == 0)
            return !weight_is_zero(parameters);
        if (text_is(coding, "*"))
            any = !weight_is_zero(parameters);
        size += comma != NULL;
        accept_encoding.data += size;
        accept_encoding.size -= size;
    }
    return any;
}

bool http_gzip_worthwhile(struct text content_type, size_t size)
{
    static const char *const PARTS[] = {"text/", "json", "javascript", "xml", "yaml"};
    if (size < WORTHWHILE_SIZE)
        return false;
    for (size_t i = 0; i < COUNT_OF(PARTS); i++) {
        if (memmem(content_type.data, content_type.size, PARTS[i], strlen(PARTS[i])) != NULL)
            return true;
    }
    return false;
}

void *http_gzip(struct text body, size_t *ret_size)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)body.data, .avail_in = (uInt)body.size};
    if (body.size > UINT32_MAX ||
        deflateInit2(&stream, LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    void *compressed = malloc(body.size);
    CHECK(compressed != NULL);
    stream.next_out = compressed;
    stream.avail_out = (uInt)body.size;
    int result = deflate(&stream, Z_FINISH);
    *ret_size = body.size - stream.avail_out;
    deflateEnd(&stream);
    if (result == Z_STREAM_END)
        return compressed;
    free(compressed);
    return NULL;
}
