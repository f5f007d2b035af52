/* json.c - any text is refused with a place, or is a tree that reads the same when it is written
 * again. */
#include "json/json.h"

#include "decimal/decimal.h"
#include "fuzz.h"

enum { WRITTEN_MAX = 1 << 22 };

static void write_value(const struct json_value *value, struct buffer *buffer)
{
    static const char *const WORDS[] = {
        [JSON_NULL] = "null", [JSON_FALSE] = "false", [JSON_TRUE] = "true"};
    if (value->kind <= JSON_TRUE)
        buffer_string(buffer, WORDS[value->kind]);
    else if (value->kind == JSON_NUMBER)
        buffer_text(buffer, value->text);
    else if (value->kind == JSON_STRING)
        buffer_json_string(buffer, value->text);
    if (value->kind < JSON_ARRAY)
        return;
    size_t count = 0;
    buffer_byte(buffer, value->kind == JSON_ARRAY ? '[' : '{');
    for (const struct json_value *item = value->first; item != NULL; item = item->next) {
        if (count++ > 0)
            buffer_byte(buffer, ',');
        if (value->kind == JSON_OBJECT) {
            buffer_json_string(buffer, item->name);
            buffer_byte(buffer, ':');
        }
        write_value(item, buffer);
    }
    CHECK(count == value->count);
    buffer_byte(buffer, value->kind == JSON_ARRAY ? ']' : '}');
}

/* What a request does with each scalar. */
static void read_scalars(const struct json_value *value, struct arena *arena)
{
    int64_t number = 0;
    struct text digits;
    (void)!json_value_int(value, &number);
    if (json_value_decimal(value, arena, &digits) == OK)
        (void)!decimal_parse(digits, &number);
    for (const struct json_value *item = value->first; value->kind >= JSON_ARRAY && item != NULL;
         item = item->next)
        read_scalars(item, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct text text = {(const char *)data, size};
    struct arena *arena = arena_new((size + 4096) * 16 * JSON_ARENA_FACTOR);
    const struct json_value *value;
    struct json_error error;
    struct buffer written, again;
    buffer_init(&written, WRITTEN_MAX);
    buffer_init(&again, WRITTEN_MAX);
    if (json_parse(text, size, arena, &value, &error) == OK) {
        read_scalars(value, arena);
        write_value(value, &written);
        CHECK(json_parse(buffer_as_text(&written), written.size, arena, &value, &error) == OK);
        write_value(value, &again);
        CHECK(bytes_equal(buffer_bytes(&written), buffer_bytes(&again)));
    } else {
        CHECK(error.line > 0 && error.column > 0);
        CHECK(memchr(error.pointer, '\0', sizeof error.pointer) != NULL);
    }
    buffer_free(&written);
    buffer_free(&again);
    arena_free(arena);
    return 0;
}
