#include "base/buffer.h"
#include "json/json.h"

enum { TEXT_SIZE_MAX = 1 << 20 };

static void print(const struct json_value *value, struct buffer *buffer);

static void print_elements(const struct json_value *value, struct buffer *buffer)
{
    for (const struct json_value *at = value->first; at != NULL; at = at->next) {
        if (at != value->first)
            buffer_byte(buffer, ',');
        if (value->kind == JSON_OBJECT) {
            buffer_json_string(buffer, at->name);
            buffer_byte(buffer, ':');
        }
        print(at, buffer);
    }
}

/* As deep as the value, so JSON_DEPTH_MAX at most. */
static void print(const struct json_value *value, struct buffer *buffer)
{
    switch (value->kind) {
    case JSON_NULL: buffer_string(buffer, "null"); return;
    case JSON_FALSE: buffer_string(buffer, "false"); return;
    case JSON_TRUE: buffer_string(buffer, "true"); return;
    case JSON_NUMBER: buffer_text(buffer, value->text); return;
    case JSON_STRING: buffer_json_string(buffer, value->text); return;
    case JSON_ARRAY:
    case JSON_OBJECT: break;
    }
    buffer_byte(buffer, value->kind == JSON_ARRAY ? '[' : '{');
    print_elements(value, buffer);
    buffer_byte(buffer, value->kind == JSON_ARRAY ? ']' : '}');
}

struct text json_value_text(const struct json_value *value, struct arena *arena)
{
    struct buffer buffer;
    buffer_init(&buffer, TEXT_SIZE_MAX);
    print(value, &buffer);
    CHECK(buffer_ok(&buffer)); /* it was parsed from less than that */
    struct text text = arena_text(arena, buffer_as_text(&buffer));
    buffer_free(&buffer);
    return text;
}
