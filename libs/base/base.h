/* base.h - what every file of Bourse may rely on: fixed-width types, CHECK, MUST_CHECK, errors.
 *
 * Three kinds of failure, three channels: a refusal by the domain is an event; an operating error
 * is an `enum err`, whose row says what the caller's loop does about it; a bug is a CHECK, which
 * ends the process (replay brings it back).
 */
#ifndef BASE_H
#define BASE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_CHECK                __attribute__((warn_unused_result))
#define PRINTF_LIKE(string, args) __attribute__((format(printf, string, args)))
#define COUNT_OF(array)           (sizeof(array) / sizeof((array)[0]))

/* Ends the process when `condition` is false, in every build: a CHECK guards what must be true if
 * our own code is right, so going on would be a lie. Never for bad input. */
#define CHECK(condition)                                                                           \
    ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__, __func__))

/* Prints what failed and where to stderr, then aborts. Called by CHECK only. */
void check_failed(const char *condition, const char *file, int line, const char *function)
    __attribute__((noreturn, cold));

/* What a loop does with an error: tell its caller, try again later with growing pauses, set the
 * message aside as a rejected one, or end the process in good order and let it be restarted. */
enum err_disposition { ERR_ANSWER, ERR_RETRY, ERR_PARK, ERR_LEAVE };

/*        name             disposition  text: may reach a client, so no internals */
#define ERR_MAP(X)                                                                                 \
    X(ERR_INPUT, ERR_ANSWER, "the input is malformed")                                             \
    X(ERR_NOT_FOUND, ERR_ANSWER, "no such thing")                                                  \
    X(ERR_DENIED, ERR_ANSWER, "not allowed")                                                       \
    X(ERR_RANGE, ERR_ANSWER, "a number does not fit")                                              \
    X(ERR_FULL, ERR_ANSWER, "a fixed bound is reached")                                            \
    X(ERR_BUSY, ERR_RETRY, "a dependency is unavailable")                                          \
    X(ERR_TIMEOUT, ERR_RETRY, "no answer within the time allowed")                                 \
    X(ERR_POISON, ERR_PARK, "a message cannot be decoded")                                         \
    X(ERR_CONFIG, ERR_LEAVE, "a setting is missing or wrong")                                      \
    X(ERR_FENCED, ERR_LEAVE, "another instance owns this partition")                               \
    X(ERR_DOUBT, ERR_LEAVE, "the outcome of an append is unknown")                                 \
    X(ERR_LOG, ERR_LEAVE, "the log is not the one expected")

enum err {
    OK = 0,
#define ERR_ENUM(name, disposition, text) name,
    ERR_MAP(ERR_ENUM)
#undef ERR_ENUM
};

/* The sentence of the table for `err`; "ok" for OK. Static storage. */
const char *err_text(enum err err);
/* The constant's name, for logs: "ERR_BUSY". Static storage. */
const char *err_name(enum err err);
/* What a loop does about `err`. CHECKs that it is not OK. */
enum err_disposition err_disposition(enum err err);

/* A run of bytes that somebody else owns; not terminated by a zero. */
struct text {
    const char *data;
    size_t size;
};
struct bytes {
    const uint8_t *data;
    size_t size;
};

/* A text over a string literal. */
#define TEXT(literal) ((struct text){.data = (literal), .size = sizeof(literal) - 1})

/* Its first eight bytes, or all it has and zeros behind, the first in the highest: of two texts the
 * one with the lower number comes first. */
static inline uint64_t text_head(struct text text)
{
    uint32_t first, last;
    uint64_t head = 0;
    if (text.size >= 8) {
        memcpy(&head, text.data, 8);
        return __builtin_bswap64(head);
    }
    if (text.size >= 4) {
        memcpy(&first, text.data, 4);
        memcpy(&last, text.data + text.size - 4, 4);
        return (uint64_t)__builtin_bswap32(first) << 32 | (uint64_t)__builtin_bswap32(last)
                                                              << (64 - 8 * text.size);
    }
    if (text.size > 0) {
        const uint8_t *bytes = (const uint8_t *)text.data;
        size_t middle = text.size / 2, end = text.size - 1;
        head = (uint64_t)bytes[0] << 56 | (uint64_t)bytes[middle] << (56 - 8 * middle) |
               (uint64_t)bytes[end] << (56 - 8 * end);
    }
    return head;
}

/* A text over a zero-terminated string, which stays the caller's. NULL gives the empty text. */
struct text text_of(const char *string);
/* The same bytes. In the header, as most of those that are compared are short names. */
static inline bool text_equal(struct text a, struct text b)
{
    if (a.size != b.size)
        return false;
    if (a.size > 8)
        return memcmp(a.data, b.data, a.size) == 0;
    return text_head(a) == text_head(b);
}
/* The same bytes as a zero-terminated string. */
bool text_is(struct text text, const char *string);
/* Whether it begins with a zero-terminated string. */
bool text_starts(struct text text, const char *start);
/* Takes what is before the next `separator` off `*rest`, and that with it; at last what is left.
 * False: nothing is. */
bool text_take(struct text *rest, char separator, struct text *ret_part);
/* -1, 0 or 1 by bytes, the shorter first where one starts the other. */
int text_compare(struct text a, struct text b);
bool bytes_equal(struct bytes a, struct bytes b);

/* One unit of money, price or quantity is 10^-8: every field named `_e8` counts in these. */
#define E8 INT64_C(100000000)

#endif
