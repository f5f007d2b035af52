#include "decimal/decimal.h"
#include "http/schema_internal.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

struct compilation {
    struct http_schema_compiler *compiler;
    struct http_schema *schema;
    const struct json_value *json;
    const char *where;
    size_t depth;
};

static const struct http_schema *compile(struct http_schema_compiler *compiler,
                                         const struct json_value *json, const char *where,
                                         size_t depth);

/* Notes the first failure. Always false. */
PRINTF_LIKE(2, 3)
static bool fail(struct http_schema_compiler *compiler, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (compiler->reason[0] == '\0')
        vsnprintf(compiler->reason, sizeof compiler->reason, format, args);
    va_end(args);
    return false;
}

/* One step of a JSON pointer: takes it off *pointer, with ~1 and ~0 read back. */
static struct text pointer_step(struct arena *arena, struct text *pointer)
{
    char *name = arena_alloc(arena, pointer->size + 1);
    size_t size = 0;
    size_t i = 1; /* behind the slash */
    for (; i < pointer->size && pointer->data[i] != '/'; i++) {
        char c = pointer->data[i];
        if (c == '~' && i + 1 < pointer->size)
            c = pointer->data[++i] == '1' ? '/' : '~';
        name[size++] = c;
    }
    pointer->data += i;
    pointer->size -= i;
    return (struct text){.data = name, .size = size};
}

static const struct json_value *follow(struct http_schema_compiler *compiler, struct text reference)
{
    if (reference.size < 2 || memcmp(reference.data, "#/", 2) != 0)
        return NULL;
    struct text pointer = {.data = reference.data + 1, .size = reference.size - 1};
    const struct json_value *value = compiler->document;
    while (pointer.size > 0 && value != NULL)
        value = json_value_member(value, pointer_step(compiler->arena, &pointer).data);
    return value;
}

const struct json_value *http_schema_resolve(struct http_schema_compiler *compiler,
                                             const struct json_value *json)
{
    for (size_t depth = 0; depth < DEPTH_MAX; depth++) {
        const struct json_value *reference = json_value_member(json, "$ref");
        if (reference == NULL)
            return json;
        json = follow(compiler, reference->text);
        if (json == NULL) {
            fail(compiler, "$ref \"%.*s\" leads nowhere", (int)reference->text.size,
                 reference->text.data);
            return NULL;
        }
    }
    fail(compiler, "a $ref refers to itself");
    return NULL;
}

static bool add_type(struct compilation *work, const struct json_value *name)
{
    static const struct {
        const char *name;
        unsigned kinds;
    } TYPES[] = {{"null", 1U << JSON_NULL},      {"boolean", 1U << JSON_TRUE | 1U << JSON_FALSE},
                 {"integer", 1U << JSON_NUMBER}, {"number", 1U << JSON_NUMBER},
                 {"string", 1U << JSON_STRING},  {"array", 1U << JSON_ARRAY},
                 {"object", 1U << JSON_OBJECT}};
    for (size_t i = 0; name->kind == JSON_STRING && i < COUNT_OF(TYPES); i++) {
        if (text_is(name->text, TYPES[i].name)) {
            work->schema->kinds |= TYPES[i].kinds;
            work->schema->integer |= text_is(name->text, "integer");
            return true;
        }
    }
    return fail(work->compiler, "%s: \"%.*s\" is no type", work->where, (int)name->text.size,
                name->text.data);
}

static bool take_type(struct compilation *work, const struct json_value *value)
{
    work->schema->kinds = 0;
    if (value->kind != JSON_ARRAY)
        return add_type(work, value);
    for (const struct json_value *name = value->first; name != NULL; name = name->next) {
        if (!add_type(work, name))
            return false;
    }
    return true;
}

static bool take_format(struct compilation *work, const struct json_value *value)
{
    if (http_format_find(value->text, &work->schema->format) == OK)
        return true;
    return fail(work->compiler, "%s: there is no format \"%.*s\"", work->where,
                (int)value->text.size, value->text.data);
}

static bool take_choices(struct compilation *work, const struct json_value *value)
{
    for (const struct json_value *choice = value->first; choice != NULL; choice = choice->next) {
        if (choice->kind == JSON_OBJECT || choice->kind == JSON_ARRAY)
            return fail(work->compiler, "%s: an enum can only have scalars", work->where);
    }
    work->schema->choices = value;
    return value->kind == JSON_ARRAY || fail(work->compiler, "%s: enum is no array", work->where);
}

static bool take_constant(struct compilation *work, const struct json_value *value)
{
    work->schema->constant = value;
    return (value->kind != JSON_OBJECT && value->kind != JSON_ARRAY) ||
           fail(work->compiler, "%s: a const can only be a scalar", work->where);
}

static bool take_standard(struct compilation *work, const struct json_value *value)
{
    work->schema->standard = value;
    return true;
}

/* What ECMA-262 writes as \d or \w means another thing, or nothing, in POSIX. */
static bool is_posix(struct text pattern)
{
    for (size_t i = 0; i + 1 < pattern.size; i++) {
        if (pattern.data[i] == '\\' && isalnum((unsigned char)pattern.data[++i]))
            return false;
    }
    return memmem(pattern.data, pattern.size, "(?", 2) == NULL;
}

static bool take_pattern(struct compilation *work, const struct json_value *value)
{
    struct arena *arena = work->compiler->arena;
    struct http_schema_pattern *pattern = ARENA_NEW(arena, struct http_schema_pattern, 1);
    pattern->text = arena_text(arena, value->text);
    if (value->kind != JSON_STRING || !is_posix(value->text) ||
        regcomp(&pattern->regex, pattern->text.data, REG_EXTENDED | REG_NOSUB) != 0)
        return fail(work->compiler, "%s: pattern \"%s\" is not POSIX extended", work->where,
                    pattern->text.data);
    pattern->next = work->compiler->patterns;
    work->compiler->patterns = pattern;
    work->schema->pattern = pattern;
    return true;
}

static bool take_size(struct compilation *work, const struct json_value *value, size_t *ret_size)
{
    int64_t size;
    if (json_value_int(value, &size) != OK || size < 0)
        return fail(work->compiler, "%s: a length or count is no whole number", work->where);
    *ret_size = (size_t)size;
    return true;
}

static bool take_size_min(struct compilation *work, const struct json_value *value)
{
    return take_size(work, value, &work->schema->size_min);
}

static bool take_size_max(struct compilation *work, const struct json_value *value)
{
    return take_size(work, value, &work->schema->size_max);
}

static bool take_bound(struct compilation *work, const struct json_value *value, bool exclusive,
                       struct http_bound *ret_bound)
{
    struct text digits;
    if (ret_bound->set)
        return fail(work->compiler, "%s: two bounds on one side", work->where);
    if (json_value_decimal(value, work->compiler->arena, &digits) != OK ||
        decimal_parse(digits, &ret_bound->value_e8) != OK)
        return fail(work->compiler, "%s: a bound is no decimal", work->where);
    ret_bound->set = true;
    ret_bound->exclusive = exclusive;
    ret_bound->text = arena_text(work->compiler->arena, digits);
    return true;
}

static bool take_minimum(struct compilation *work, const struct json_value *value)
{
    return take_bound(work, value, false, &work->schema->low);
}

static bool take_above(struct compilation *work, const struct json_value *value)
{
    return take_bound(work, value, true, &work->schema->low);
}

static bool take_maximum(struct compilation *work, const struct json_value *value)
{
    return take_bound(work, value, false, &work->schema->high);
}

static bool take_below(struct compilation *work, const struct json_value *value)
{
    return take_bound(work, value, true, &work->schema->high);
}

static bool take_items(struct compilation *work, const struct json_value *value)
{
    work->schema->items = compile(work->compiler, value, work->where, work->depth + 1);
    return work->schema->items != NULL;
}

static bool take_additional(struct compilation *work, const struct json_value *value)
{
    work->schema->additional = value->kind == JSON_TRUE;
    return value->kind == JSON_TRUE || value->kind == JSON_FALSE ||
           fail(work->compiler, "%s: additionalProperties is true or false here", work->where);
}

static bool take_properties(struct compilation *work, const struct json_value *value)
{
    struct http_schema *schema = work->schema;
    schema->properties = ARENA_NEW(work->compiler->arena, struct http_property, value->count);
    for (const struct json_value *member = value->first; member != NULL; member = member->next) {
        struct text where = arena_printf(work->compiler->arena, "%s.%.*s", work->where,
                                         (int)member->name.size, member->name.data);
        struct http_property *property = &schema->properties[schema->properties_count++];
        property->name = member->name;
        property->schema = compile(work->compiler, member, where.data, work->depth + 1);
        if (property->schema == NULL)
            return false;
    }
    return true;
}

/* After take_properties(): the row of `required` stands behind it in the table. */
static bool take_required(struct compilation *work, const struct json_value *value)
{
    struct http_schema *schema = work->schema;
    for (const struct json_value *name = value->first; name != NULL; name = name->next) {
        size_t i = 0;
        while (i < schema->properties_count && !text_equal(schema->properties[i].name, name->text))
            i++;
        if (i == schema->properties_count)
            return fail(work->compiler, "%s: \"%.*s\" is required but no property", work->where,
                        (int)name->text.size, name->text.data);
        schema->properties[i].required = true;
    }
    return true;
}

static const struct {
    const char *keyword;
    bool (*take)(struct compilation *work, const struct json_value *value); /* NULL: a remark */
} KEYWORDS[] = {
    {"type", take_type},
    {"format", take_format},
    {"enum", take_choices},
    {"const", take_constant},
    {"default", take_standard},
    {"pattern", take_pattern},
    {"minLength", take_size_min},
    {"maxLength", take_size_max},
    {"minItems", take_size_min},
    {"maxItems", take_size_max},
    {"minimum", take_minimum},
    {"exclusiveMinimum", take_above},
    {"maximum", take_maximum},
    {"exclusiveMaximum", take_below},
    {"items", take_items},
    {"additionalProperties", take_additional},
    {"properties", take_properties},
    {"required", take_required},
    {"title", NULL},
    {"description", NULL},
    {"example", NULL},
    {"examples", NULL},
    {"deprecated", NULL},
};

static bool keywords_known(struct compilation *work)
{
    for (const struct json_value *member = work->json->first; member != NULL;
         member = member->next) {
        size_t i = 0;
        while (i < COUNT_OF(KEYWORDS) && !text_is(member->name, KEYWORDS[i].keyword))
            i++;
        bool extension = member->name.size > 2 && memcmp(member->name.data, "x-", 2) == 0;
        if (i == COUNT_OF(KEYWORDS) && !extension)
            return fail(work->compiler, "%s: the keyword \"%.*s\" is not supported", work->where,
                        (int)member->name.size, member->name.data);
    }
    return true;
}

static const struct http_schema *compile(struct http_schema_compiler *compiler,
                                         const struct json_value *json, const char *where,
                                         size_t depth)
{
    json = http_schema_resolve(compiler, json);
    if (json == NULL)
        return NULL;
    struct http_schema *schema = ARENA_NEW(compiler->arena, struct http_schema, 1);
    *schema = (struct http_schema){.kinds = HTTP_KINDS_ALL, .size_max = SIZE_MAX};
    struct compilation work = {compiler, schema, json, where, depth};
    bool good = json->kind == JSON_OBJECT || fail(compiler, "%s: a schema is an object", where);
    good = good && (depth < DEPTH_MAX || fail(compiler, "%s: schemas nest too deep", where));
    good = good && keywords_known(&work);
    for (size_t i = 0; good && i < COUNT_OF(KEYWORDS); i++) {
        const struct json_value *value = json_value_member(json, KEYWORDS[i].keyword);
        good = value == NULL || KEYWORDS[i].take == NULL || KEYWORDS[i].take(&work, value);
    }
    if (good && schema->format == HTTP_FORMAT_DECIMAL)
        schema->kinds &= 1U << JSON_STRING | 1U << JSON_NUMBER | 1U << JSON_NULL;
    return good ? schema : NULL;
}

const struct http_schema *http_schema_compile(struct http_schema_compiler *compiler,
                                              const struct json_value *json, const char *where)
{
    return compile(compiler, json, where, 0);
}

void http_schema_compiler_free(struct http_schema_compiler *compiler)
{
    for (struct http_schema_pattern *pattern = compiler->patterns; pattern != NULL;
         pattern = pattern->next)
        regfree(&pattern->regex);
    compiler->patterns = NULL;
}
