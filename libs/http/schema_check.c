#include "decimal/decimal.h"
#include "http/schema_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_SIZE = 48, MESSAGE_SIZE = 256 };

struct check {
    const struct http_schema *schema;
    const struct json_value *value;
    struct text field;
    struct http_errors *errors;
};

void http_errors_add(struct http_errors *errors, struct text field, const char *code,
                     const char *format, ...)
{
    if (errors->count == HTTP_ERRORS_MAX)
        return;
    char message[MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    errors->rows[errors->count++] =
        (struct http_problem_error){.field = arena_text(errors->arena, field),
                                    .code = text_of(code),
                                    .message = arena_text(errors->arena, text_of(message))};
}

/* The size of at most `size` bytes of `text` that ends no character in its middle. */
static size_t text_cut(struct text text, size_t size)
{
    if (text.size <= size)
        return text.size;
    while (size > 0 && ((unsigned char)text.data[size] & 0xc0) == 0x80)
        size--;
    return size;
}

/* A value as messages repeat it: short, and whole characters only. */
static const char *shown(const struct check *check)
{
    const struct json_value *value = check->value;
    bool scalar = value->kind == JSON_STRING || value->kind == JSON_NUMBER;
    if (check->schema->format == HTTP_FORMAT_PASSWORD || !scalar)
        return json_value_kind_text(value->kind);
    size_t size = text_cut(value->text, SHOWN_SIZE);
    const char *rest = size < value->text.size ? "..." : "";
    const char *quote = value->kind == JSON_STRING ? "\"" : "";
    return arena_printf(check->errors->arena, "%s%.*s%s%s", quote, (int)size, value->text.data,
                        rest, quote)
        .data;
}

/* "a string or null": the kinds a schema allows. */
static const char *expected(const struct check *check)
{
    struct text text = TEXT("");
    for (unsigned kind = JSON_NULL; kind <= JSON_OBJECT; kind++) {
        if ((check->schema->kinds >> kind & 1) == 0 || kind == JSON_FALSE)
            continue;
        const char *name = kind == JSON_TRUE ? "true or false"
                           : kind == JSON_NUMBER
                               ? (check->schema->integer ? "a whole number" : "a number")
                               : json_value_kind_text((enum json_kind)kind);
        text = arena_printf(check->errors->arena, "%s%s%s", text.data, text.size > 0 ? " or " : "",
                            name);
    }
    return text.data;
}

static bool same_scalar(const struct json_value *a, const struct json_value *b)
{
    return a->kind == b->kind && text_equal(a->text, b->text);
}

static void check_choices(const struct check *check)
{
    const struct http_schema *schema = check->schema;
    if (schema->constant != NULL && !same_scalar(schema->constant, check->value))
        http_errors_add(check->errors, check->field, "const",
                        "%s is not the one value allowed here", shown(check));
    if (schema->choices == NULL)
        return;
    struct text list = TEXT("");
    for (const struct json_value *choice = schema->choices->first; choice != NULL;
         choice = choice->next) {
        if (same_scalar(choice, check->value))
            return;
        list = arena_printf(check->errors->arena, "%s%s%.*s", list.data, list.size > 0 ? ", " : "",
                            (int)choice->text.size, choice->text.data);
    }
    http_errors_add(check->errors, check->field, "enum", "%s is none of: %s", shown(check),
                    list.data);
}

static void check_bounds(const struct check *check, __int128 value_e8)
{
    const struct http_bound *low = &check->schema->low;
    const struct http_bound *high = &check->schema->high;
    if (low->set && (low->exclusive ? value_e8 <= low->value_e8 : value_e8 < low->value_e8))
        http_errors_add(check->errors, check->field, "minimum", "%s must be %s %s", shown(check),
                        low->exclusive ? "above" : "at least", low->text.data);
    if (high->set && (high->exclusive ? value_e8 >= high->value_e8 : value_e8 > high->value_e8))
        http_errors_add(check->errors, check->field, "maximum", "%s must be %s %s", shown(check),
                        high->exclusive ? "below" : "at most", high->text.data);
}

/* The number without a fraction of zeros: 4.0 is a whole one, and what some clients write for 4. */
static struct text whole_part(struct text number)
{
    size_t whole = number.size;
    while (whole > 0 && number.data[whole - 1] == '0')
        whole--;
    if (whole == number.size || whole == 0 || number.data[whole - 1] != '.')
        return number;
    return (struct text){number.data, whole - 1};
}

static void check_whole(const struct check *check, struct json_value *ret_copy)
{
    int64_t value;
    ret_copy->text = whole_part(check->value->text);
    if (json_value_int(ret_copy, &value) == OK)
        check_bounds(check, (__int128)value * E8);
    else
        http_errors_add(check->errors, check->field, "type", "%s is no whole number of 64 bits",
                        shown(check));
}

/* A number, or a decimal written as a string. */
static void check_decimal(const struct check *check)
{
    struct text digits;
    int64_t value_e8;
    enum err read = json_value_decimal(check->value, check->errors->arena, &digits);
    enum err err = read == OK ? decimal_parse(digits, &value_e8) : read;
    if (err == OK)
        check_bounds(check, value_e8);
    else if (read == ERR_RANGE)
        http_errors_add(check->errors, check->field, "format",
                        "%s is a number of more than 15 digits; send a string", shown(check));
    else if (err == ERR_RANGE)
        http_errors_add(check->errors, check->field, HTTP_ERROR_RANGE, "%s is too large",
                        shown(check));
    else
        http_errors_add(check->errors, check->field, "format",
                        "%s is no decimal with at most 8 places", shown(check));
}

static size_t characters(struct text text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += ((unsigned char)text.data[i] & 0xc0) != 0x80;
    return count;
}

static void check_size(const struct check *check, size_t size, const char *unit)
{
    const struct http_schema *schema = check->schema;
    bool text = check->value->kind == JSON_STRING;
    if (size < schema->size_min)
        http_errors_add(check->errors, check->field, text ? "min_length" : "min_items",
                        "%zu %s are too few; at least %zu", size, unit, schema->size_min);
    if (size > schema->size_max)
        http_errors_add(check->errors, check->field, text ? "max_length" : "max_items",
                        "%zu %s are too many; at most %zu", size, unit, schema->size_max);
}

static void check_string(const struct check *check)
{
    const struct http_schema *schema = check->schema;
    if (schema->format == HTTP_FORMAT_DECIMAL) {
        check_decimal(check);
        return;
    }
    check_size(check, characters(check->value->text), "characters");
    if (!http_format_fits(schema->format, check->value->text))
        http_errors_add(check->errors, check->field, "format", "%s is no %s", shown(check),
                        http_format_name(schema->format));
    if (schema->pattern == NULL)
        return;
    struct text zero_ended = arena_text(check->errors->arena, check->value->text);
    if (regexec(&schema->pattern->regex, zero_ended.data, 0, NULL, 0) != 0)
        http_errors_add(check->errors, check->field, "pattern", "%s does not match %s",
                        shown(check), schema->pattern->text.data);
}

/* Hangs a copy of `value` behind *tail. */
static const struct json_value **append(const struct json_value **tail, struct arena *arena,
                                        const struct json_value *value, struct text name)
{
    struct json_value *copy = ARENA_NEW(arena, struct json_value, 1);
    *copy = *value;
    copy->name = name;
    copy->next = NULL;
    *tail = copy;
    return &copy->next;
}

static void check_array(const struct check *check, struct json_value *ret_copy)
{
    struct arena *arena = check->errors->arena;
    const struct http_schema *items = check->schema->items;
    check_size(check, check->value->count, "elements");
    if (items == NULL || check->value->count > check->schema->size_max)
        return;
    const struct json_value **tail = &ret_copy->first;
    size_t index = 0;
    for (const struct json_value *item = check->value->first; item != NULL; item = item->next) {
        struct text field =
            arena_printf(arena, "%.*s[%zu]", (int)check->field.size, check->field.data, index++);
        tail =
            append(tail, arena, http_schema_check(items, item, field, check->errors), item->name);
    }
}

static struct text member_field(const struct check *check, struct text name)
{
    if (check->field.size == 0)
        return name;
    return arena_printf(check->errors->arena, "%.*s.%.*s", (int)check->field.size,
                        check->field.data, (int)name.size, name.data);
}

const struct http_schema *http_schema_member(const struct http_schema *schema, struct text name)
{
    for (size_t i = 0; i < schema->properties_count; i++) {
        if (text_equal(schema->properties[i].name, name))
            return schema->properties[i].schema;
    }
    return NULL;
}

static const struct json_value **check_properties(const struct check *check,
                                                  const struct json_value **tail)
{
    struct arena *arena = check->errors->arena;
    for (size_t i = 0; i < check->schema->properties_count; i++) {
        const struct http_property *property = &check->schema->properties[i];
        struct text field = member_field(check, property->name);
        const struct json_value *member =
            json_value_member(check->value, arena_text(arena, property->name).data);
        if (member == NULL)
            member = property->schema->standard;
        if (member != NULL)
            tail = append(tail, arena,
                          http_schema_check(property->schema, member, field, check->errors),
                          property->name);
        else if (property->required)
            http_errors_add(check->errors, field, "required", "this field is missing");
    }
    return tail;
}

static void check_object(const struct check *check, struct json_value *ret_copy)
{
    ret_copy->first = NULL;
    const struct json_value **tail = check_properties(check, &ret_copy->first);
    for (const struct json_value *member = check->value->first; member != NULL;
         member = member->next) {
        if (http_schema_member(check->schema, member->name) != NULL)
            continue;
        if (check->schema->additional) {
            tail = append(tail, check->errors->arena, member, member->name);
            continue;
        }
        struct text name = member->name;
        name.size = text_cut(name, SHOWN_SIZE);
        http_errors_add(check->errors, member_field(check, name), "unknown",
                        "there is no such field here");
    }
    ret_copy->count = 0;
    for (const struct json_value *member = ret_copy->first; member != NULL; member = member->next)
        ret_copy->count++;
}

const struct json_value *http_schema_check(const struct http_schema *schema,
                                           const struct json_value *value, struct text field,
                                           struct http_errors *errors)
{
    const struct check check = {schema, value, field, errors};
    struct json_value *copy = ARENA_NEW(errors->arena, struct json_value, 1);
    *copy = *value;
    copy->next = NULL;
    if (errors->count == HTTP_ERRORS_MAX) /* enough is said; more would only cost memory */
        return copy;
    if ((schema->kinds >> value->kind & 1) == 0) {
        http_errors_add(errors, field, "type", "%s is not %s", shown(&check), expected(&check));
        return copy;
    }
    check_choices(&check);
    switch (value->kind) {
    case JSON_STRING: check_string(&check); break;
    case JSON_NUMBER: schema->integer ? check_whole(&check, copy) : check_decimal(&check); break;
    case JSON_ARRAY: check_array(&check, copy); break;
    case JSON_OBJECT: check_object(&check, copy); break;
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE: break;
    }
    return copy;
}

struct json_value http_schema_value(const struct http_schema *schema, struct text text)
{
    struct json_value value = {.kind = JSON_STRING, .text = text};
    int64_t ignored_e8;
    bool truth = text_is(text, "true");
    if ((schema->kinds >> JSON_NUMBER & 1) != 0 && decimal_parse(text, &ignored_e8) != ERR_INPUT)
        value.kind = JSON_NUMBER;
    else if ((schema->kinds >> JSON_TRUE & 1) != 0 && (truth || text_is(text, "false")))
        value.kind = truth ? JSON_TRUE : JSON_FALSE;
    return value;
}

const struct json_value *http_schema_default(const struct http_schema *schema)
{
    return schema->standard;
}

const struct http_schema *http_schema_items(const struct http_schema *schema)
{
    return schema->items;
}
