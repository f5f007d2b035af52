/* json.h - strict JSON (RFC 8259) into a tree that forgets nothing: numbers stay the text that was
 * sent, so that no amount ever passes through floating point.
 *
 * Why own  jansson turns 0.1 into a double and recurses as deep as it is told to; what is left of
 *          it to use is less than what this takes. Names start json_parse or json_value, which
 *          jansson does not have, so that a library which brings it along does no harm.
 * Strict   refused: duplicate names, text that is not UTF-8, lone surrogates, U+0000 (no database
 *          text can hold it), anything before or behind the one value, byte order marks included.
 * Bounds   JSON_DEPTH_MAX; the size is the caller's to choose. The tree takes at most
 *          JSON_ARENA_FACTOR bytes of arena a byte of input, and a page.
 * Writing  of what is no such tree is base/buffer.h: buffer_json_string() and text.
 * Pure     no I/O, no clock, no locale.
 */
#ifndef JSON_H
#define JSON_H
#include "base/arena.h"
#include "base/base.h"

enum { JSON_DEPTH_MAX = 32, JSON_ARENA_FACTOR = 40, JSON_PATH_MAX = 128 };

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json_value {
    enum json_kind kind;
    struct text text;               /* a string unescaped; a number as it was written */
    struct text name;               /* in an object: the member's name, unescaped */
    const struct json_value *first; /* of an array or object, in the order written */
    const struct json_value *next;  /* behind this one in its array or object */
    size_t count;                   /* elements of an array, members of an object */
};

/* What was wrong and where. */
struct json_error {
    const char *message;         /* static storage; may be shown to the client */
    size_t line;                 /* from 1 */
    size_t column;               /* from 1, in bytes */
    char pointer[JSON_PATH_MAX]; /* RFC 6901, the value at fault; cut if long; zero-terminated */
};

/* Parses `text` of at most `size_max` bytes into the arena; strings without escapes point into
 * `text`, which must live as long. ERR_INPUT: it is not strict JSON, and *ret_error tells. */
enum err json_parse(struct text text, size_t size_max, struct arena *arena,
                    const struct json_value **ret_value, struct json_error *ret_error) MUST_CHECK;

/* The kind in words for messages: "a string". Static storage. */
const char *json_value_kind_text(enum json_kind kind);
/* The member of that name. NULL: none, or `object` is NULL or no object. */
const struct json_value *json_value_member(const struct json_value *object, const char *name);
/* The element, counted from 0. NULL: none, or `array` is NULL or no array. */
const struct json_value *json_value_item(const struct json_value *array, size_t index);

/* A whole number that fits: digits with an optional minus, nothing else. ERR_INPUT: not a number of
 * that form; ERR_RANGE: too big. *ret_number is then untouched. */
enum err json_value_int(const struct json_value *value, int64_t *ret_number) MUST_CHECK;
/* A decimal as plain digits, for libs/decimal: a string as it stands (whether it is a decimal is
 * not checked here), or a number, whose exponent is written out: 1e-7 gives 0.0000001.
 * ERR_INPUT: neither; ERR_RANGE: a number of more than 15 significant digits, which its sender's
 * own floating point has most likely changed already, with an exponent beyond 30, or longer than
 * 64 characters. */
enum err json_value_decimal(const struct json_value *value, struct arena *arena,
                            struct text *ret_digits) MUST_CHECK;
/* The value as JSON without spaces, in the arena; numbers as they were written. */
struct text json_value_text(const struct json_value *value, struct arena *arena);

#endif
