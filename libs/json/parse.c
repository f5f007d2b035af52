#include "json/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
    const char *start;
    const char *at;
    const char *end;
    struct arena *arena;
    const char *message; /* NULL: all is well */
    size_t depth;
    /* The open arrays and objects, outermost first, each with the child being read. */
    const struct json_value *open[JSON_DEPTH_MAX];
    const struct json_value *child[JSON_DEPTH_MAX];
};

static bool fail(struct parser *parser, const char *message)
{
    if (parser->message == NULL)
        parser->message = message;
    return false;
}

static bool at_end(const struct parser *parser)
{
    return parser->at == parser->end;
}

/* The next byte, or 0 at the end; a zero byte in the text is refused wherever it is met. */
static char peek(const struct parser *parser)
{
    return at_end(parser) ? '\0' : *parser->at;
}

static bool take(struct parser *parser, char c)
{
    if (at_end(parser) || *parser->at != c)
        return false;
    parser->at++;
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct parser *parser)
{
    while (is_space(peek(parser)))
        parser->at++;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take_digits(struct parser *parser)
{
    const char *start = parser->at;
    while (is_digit(peek(parser)))
        parser->at++;
    return parser->at > start || fail(parser, "a digit is missing in this number");
}

static bool parse_number(struct parser *parser, struct json_value *ret_value)
{
    const char *start = parser->at;
    take(parser, '-');
    if (take(parser, '0')) {
        if (is_digit(peek(parser)))
            return fail(parser, "a number does not begin with 0");
    } else if (!take_digits(parser)) {
        return false;
    }
    if (take(parser, '.') && !take_digits(parser))
        return false;
    if (take(parser, 'e') || take(parser, 'E')) {
        if (!take(parser, '+'))
            take(parser, '-');
        if (!take_digits(parser))
            return false;
    }
    ret_value->kind = JSON_NUMBER;
    ret_value->text = (struct text){.data = start, .size = (size_t)(parser->at - start)};
    return true;
}

/* Bytes of the UTF-8 character at `at`; 0: malformed, overlong, a surrogate or past U+10FFFF. */
static size_t utf8_size(const char *at, const char *end)
{
    const unsigned char *c = (const unsigned char *)at;
    size_t left = (size_t)(end - at);
    size_t size = c[0] < 0x80 ? 1 : c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;
    if (size == 0 || c[0] > 0xf4 || size > left)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
        (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
        return 0;
    return size;
}

static size_t utf8_write(uint32_t c, char *ret_bytes)
{
    if (c < 0x80) {
        ret_bytes[0] = (char)c;
        return 1;
    }
    size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = size - 1; i > 0; i--) {
        ret_bytes[i] = (char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    ret_bytes[0] = (char)(lead[size] | c);
    return size;
}

static bool take_hex4(struct parser *parser, uint32_t *ret_unit)
{
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        char c = peek(parser);
        uint32_t lower = (uint32_t)(c | 0x20);
        if (is_digit(c))
            unit = unit << 4 | (uint32_t)(c - '0');
        else if (lower >= 'a' && lower <= 'f')
            unit = unit << 4 | (lower - 'a' + 10);
        else
            return fail(parser, "four hex digits belong behind \\u");
        parser->at++;
    }
    *ret_unit = unit;
    return true;
}

/* What follows \u: one unit, or the two of a pair. */
static bool take_unicode(struct parser *parser, uint32_t *ret_c)
{
    uint32_t high;
    uint32_t low;
    if (!take_hex4(parser, &high))
        return false;
    *ret_c = high;
    if (high == 0)
        return fail(parser, "the character U+0000 is not allowed");
    if (high < 0xd800 || high > 0xdfff)
        return true;
    if (high > 0xdbff || !take(parser, '\\') || !take(parser, 'u'))
        return fail(parser, "half of a surrogate pair stands alone");
    if (!take_hex4(parser, &low))
        return false;
    if (low < 0xdc00 || low > 0xdfff)
        return fail(parser, "half of a surrogate pair stands alone");
    *ret_c = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

/* One escape, its backslash taken; appends what it means. */
static bool take_escape(struct parser *parser, char *ret_bytes, size_t *size)
{
    static const char names[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    if (take(parser, 'u')) {
        uint32_t c;
        if (!take_unicode(parser, &c))
            return false;
        *size += utf8_write(c, ret_bytes + *size);
        return true;
    }
    const char *name = at_end(parser) ? NULL : memchr(names, *parser->at, sizeof names - 1);
    if (name == NULL)
        return fail(parser, "there is no such escape");
    ret_bytes[(*size)++] = meanings[name - names];
    parser->at++;
    return true;
}

/* The end of a string whose text begins at `at`: where its closing quote is. NULL: no end, bad
 * UTF-8 or a control character; `parser` then stands there. */
static const char *find_quote(struct parser *parser, bool *ret_escaped)
{
    const char *start = parser->at;
    *ret_escaped = false;
    while (!at_end(parser) && *parser->at != '"') {
        size_t size = utf8_size(parser->at, parser->end);
        if (size == 0)
            fail(parser, "this is not UTF-8");
        else if ((unsigned char)*parser->at < 0x20)
            fail(parser, "a control character in a string must be escaped");
        if (parser->message != NULL)
            return NULL;
        if (*parser->at == '\\') {
            *ret_escaped = true;
            if (parser->end - parser->at > 1 && (parser->at[1] == '"' || parser->at[1] == '\\'))
                parser->at++;
        }
        parser->at += size;
    }
    const char *quote = parser->at;
    if (at_end(parser)) {
        fail(parser, "a string is not closed");
        return NULL;
    }
    parser->at = start;
    return quote;
}

/* A string, its opening quote taken. An escape is never shorter than what it means, so the text as
 * written is room enough for the text meant. */
static bool parse_string(struct parser *parser, struct text *ret_text)
{
    bool escaped;
    const char *start = parser->at;
    const char *quote = find_quote(parser, &escaped);
    if (quote == NULL)
        return false;
    *ret_text = (struct text){.data = start, .size = (size_t)(quote - start)};
    if (escaped) {
        char *copy = arena_alloc(parser->arena, ret_text->size);
        size_t size = 0;
        while (parser->at < quote) {
            if (!take(parser, '\\'))
                copy[size++] = *parser->at++;
            else if (!take_escape(parser, copy, &size))
                return false;
        }
        *ret_text = (struct text){.data = copy, .size = size};
    }
    parser->at = quote + 1;
    return true;
}

static bool parse_word(struct parser *parser, const char *word, enum json_kind kind,
                       struct json_value *ret_value)
{
    size_t size = strlen(word);
    if ((size_t)(parser->end - parser->at) < size || memcmp(parser->at, word, size) != 0)
        return fail(parser, "a value is expected here");
    parser->at += size;
    ret_value->kind = kind;
    return true;
}

static int compare_names(const void *a, const void *b)
{
    const struct json_value *const *left = a;
    const struct json_value *const *right = b;
    return text_compare((*left)->name, (*right)->name);
}

/* Sorted, equal names stand side by side: a hostile object costs no more than an honest one. */
static bool check_names(struct parser *parser, const struct json_value *object)
{
    if (object->count < 2)
        return true;
    const struct json_value **members =
        ARENA_NEW(parser->arena, const struct json_value *, object->count);
    size_t count = 0;
    for (const struct json_value *member = object->first; member != NULL; member = member->next)
        members[count++] = member;
    qsort(members, count, sizeof(struct json_value *), compare_names);
    for (size_t i = 1; i < count; i++) {
        if (text_equal(members[i - 1]->name, members[i]->name)) {
            parser->child[parser->depth - 1] = members[i];
            return fail(parser, "this name is there twice");
        }
    }
    return true;
}

static bool parse_name(struct parser *parser, struct json_value *member)
{
    if (!take(parser, '"'))
        return fail(parser, "a name in double quotes is expected here");
    if (!parse_string(parser, &member->name))
        return false;
    skip_space(parser);
    return take(parser, ':') || fail(parser, "a colon is expected here");
}

static bool parse_value(struct parser *parser, struct json_value *value);

/* The children of an array or object up to its closing bracket, the opening one taken. */
static bool parse_children(struct parser *parser, struct json_value *parent, char close)
{
    struct json_value *last = NULL;
    do {
        struct json_value *child = ARENA_NEW(parser->arena, struct json_value, 1);
        skip_space(parser);
        if (parent->kind == JSON_OBJECT && !parse_name(parser, child))
            return false;
        if (last == NULL)
            parent->first = child;
        else
            last->next = child;
        last = child;
        parent->count++;
        parser->child[parser->depth - 1] = child;
        if (!parse_value(parser, child))
            return false;
        skip_space(parser);
    } while (take(parser, ','));
    if (!take(parser, close))
        return fail(parser, "a comma or a closing bracket is expected here");
    return parent->kind == JSON_ARRAY || check_names(parser, parent);
}

static bool parse_container(struct parser *parser, struct json_value *value, enum json_kind kind)
{
    char close = kind == JSON_OBJECT ? '}' : ']';
    if (parser->depth == JSON_DEPTH_MAX)
        return fail(parser, "arrays and objects are nested too deeply");
    parser->open[parser->depth] = value;
    parser->child[parser->depth++] = NULL;
    value->kind = kind;
    skip_space(parser);
    if (!take(parser, close) && !parse_children(parser, value, close))
        return false;
    parser->depth--;
    return true;
}

/* Recursion ends at JSON_DEPTH_MAX. */
static bool parse_value(struct parser *parser, struct json_value *value)
{
    skip_space(parser);
    switch (peek(parser)) {
    case '{': parser->at++; return parse_container(parser, value, JSON_OBJECT);
    case '[': parser->at++; return parse_container(parser, value, JSON_ARRAY);
    case '"':
        parser->at++;
        value->kind = JSON_STRING;
        return parse_string(parser, &value->text);
    case 't': return parse_word(parser, "true", JSON_TRUE, value);
    case 'f': return parse_word(parser, "false", JSON_FALSE, value);
    case 'n': return parse_word(parser, "null", JSON_NULL, value);
    default:
        if (peek(parser) != '-' && !is_digit(peek(parser)))
            return fail(parser, "a value is expected here");
        return parse_number(parser, value);
    }
}

/* Appends one step of a JSON pointer. False: it does not fit, and nothing is appended. */
static bool point(char pointer[JSON_PATH_MAX], const struct json_value *parent,
                  const struct json_value *child)
{
    enum { LONGEST = JSON_PATH_MAX - 2 };
    const size_t start = strlen(pointer);
    size_t size = start;
    char number[24];
    struct text name = child->name;
    if (parent->kind == JSON_ARRAY) {
        snprintf(number, sizeof number, "%zu", parent->count - 1);
        name = text_of(number);
    }
    if (size == LONGEST)
        return false;
    pointer[size++] = '/';
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool escaped = c == '~' || c == '/';
        if (size + escaped >= LONGEST) {
            pointer[start] = '\0';
            return false;
        }
        if (escaped)
            pointer[size++] = '~';
        pointer[size++] = c == '~' ? '0' : c == '/' ? '1' : c;
    }
    pointer[size] = '\0';
    return true;
}

static void tell(const struct parser *parser, struct json_error *ret_error)
{
    *ret_error = (struct json_error){.message = parser->message, .line = 1, .column = 1};
    for (const char *at = parser->start; at < parser->at; at++) {
        ret_error->column = *at == '\n' ? 1 : ret_error->column + 1;
        ret_error->line += *at == '\n';
    }
    for (size_t i = 0; i < parser->depth && parser->child[i] != NULL; i++)
        if (!point(ret_error->pointer, parser->open[i], parser->child[i]))
            break;
}

enum err json_parse(struct text text, size_t size_max, struct arena *arena,
                    const struct json_value **ret_value, struct json_error *ret_error)
{
    struct parser parser = {.arena = arena, .start = text.data, .at = text.data};
    parser.end = text.size == 0 ? text.data : text.data + text.size;
    if (text.size > size_max) {
        fail(&parser, "the document is too long");
        tell(&parser, ret_error);
        return ERR_INPUT;
    }
    struct json_value *value = ARENA_NEW(arena, struct json_value, 1);
    if (parse_value(&parser, value)) {
        skip_space(&parser);
        if (at_end(&parser)) {
            *ret_value = value;
            return OK;
        }
        fail(&parser, "nothing may follow the value");
    }
    tell(&parser, ret_error);
    return ERR_INPUT;
}
