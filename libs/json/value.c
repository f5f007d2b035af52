/* value.c - reading a parsed document. */
#include "json/json.h"

#include <stdio.h>
#include <string.h>

enum { SIGNIFICANT_MAX = 15, EXPONENT_MAX = 30, NUMBER_SIZE_MAX = 64 };

const char *json_value_kind_text(enum json_kind kind)
{
    switch (kind) {
    case JSON_NULL: return "null";
    case JSON_FALSE: return "false";
    case JSON_TRUE: return "true";
    case JSON_NUMBER: return "a number";
    case JSON_STRING: return "a string";
    case JSON_ARRAY: return "an array";
    case JSON_OBJECT: return "an object";
    }
    CHECK(false);
}

const struct json_value *json_value_member(const struct json_value *object, const char *name)
{
    if (object == NULL || object->kind != JSON_OBJECT)
        return NULL;
    const struct json_value *member = object->first;
    while (member != NULL && !text_is(member->name, name))
        member = member->next;
    return member;
}

const struct json_value *json_value_item(const struct json_value *array, size_t index)
{
    if (array == NULL || array->kind != JSON_ARRAY)
        return NULL;
    const struct json_value *item = array->first;
    while (item != NULL && index-- > 0)
        item = item->next;
    return item;
}

enum err json_value_int(const struct json_value *value, int64_t *ret_number)
{
    if (value == NULL || value->kind != JSON_NUMBER)
        return ERR_INPUT;
    bool negative = value->text.data[0] == '-';
    int64_t number = 0;
    bool overflow = false;
    for (size_t i = negative ? 1 : 0; i < value->text.size; i++) {
        int digit = value->text.data[i] - '0';
        if (digit < 0 || digit > 9)
            return ERR_INPUT;
        overflow = overflow || __builtin_mul_overflow(number, 10, &number) ||
                   __builtin_add_overflow(number, negative ? -digit : digit, &number);
    }
    if (overflow)
        return ERR_RANGE;
    *ret_number = number;
    return OK;
}

/* A number taken apart: value = digits * 10^-scale. */
struct number {
    bool negative;
    char digits[SIGNIFICANT_MAX + 1]; /* without leading or trailing zeros; none for 0 */
    size_t count;
    int32_t scale;
};

/* The exponent's value, or one past EXPONENT_MAX in the same direction. */
static int32_t exponent_of(const char *at, const char *end)
{
    bool negative = at < end && *at == '-';
    int32_t exponent = 0;
    for (; at < end; at++)
        if (*at >= '0' && *at <= '9' && exponent <= EXPONENT_MAX)
            exponent = exponent * 10 + (*at - '0');
    return negative ? -exponent : exponent;
}

static enum err number_of(struct text text, struct number *ret_number)
{
    *ret_number = (struct number){.negative = text.data[0] == '-'};
    const char *end = text.data + text.size;
    int32_t zeros = 0; /* met and not yet known to be trailing */
    bool fraction = false;
    const char *at = text.data;
    for (; at < end && *at != 'e' && *at != 'E'; at++) {
        fraction = fraction || *at == '.';
        if (*at < '0' || *at > '9')
            continue;
        if (fraction)
            ret_number->scale++;
        if (*at == '0') {
            zeros += ret_number->count > 0;
            continue;
        }
        if (ret_number->count + (size_t)zeros >= SIGNIFICANT_MAX)
            return ERR_RANGE;
        for (; zeros > 0; zeros--)
            ret_number->digits[ret_number->count++] = '0';
        ret_number->digits[ret_number->count++] = *at;
    }
    int32_t exponent = at < end ? exponent_of(at + 1, end) : 0;
    ret_number->scale -= zeros + exponent;
    bool fits =
        exponent >= -EXPONENT_MAX && exponent <= EXPONENT_MAX && text.size <= NUMBER_SIZE_MAX;
    return fits ? OK : ERR_RANGE;
}

/* As many as a number can be away from its point: 64 characters of text and an exponent. */
static const char ZEROS[] = "0000000000000000000000000000000000000000000000000000000000000000"
                            "0000000000000000000000000000000";
_Static_assert(sizeof ZEROS - 1 >= NUMBER_SIZE_MAX + EXPONENT_MAX, "enough zeros");

/* Zeros on either side of the digits, and the point where it belongs. */
static struct text print_number(const struct number *number, struct arena *arena)
{
    const char *sign = number->negative && number->count > 0 ? "-" : "";
    int count = (int)number->count;
    if (count == 0)
        return arena_printf(arena, "0");
    if (number->scale <= 0)
        return arena_printf(arena, "%s%.*s%.*s", sign, count, number->digits, -number->scale,
                            ZEROS);
    int whole = count - number->scale;
    if (whole > 0)
        return arena_printf(arena, "%s%.*s.%s", sign, whole, number->digits,
                            number->digits + whole);
    return arena_printf(arena, "%s0.%.*s%s", sign, -whole, ZEROS, number->digits);
}

enum err json_value_decimal(const struct json_value *value, struct arena *arena,
                            struct text *ret_digits)
{
    if (value != NULL && value->kind == JSON_STRING) {
        *ret_digits = value->text;
        return OK;
    }
    if (value == NULL || value->kind != JSON_NUMBER)
        return ERR_INPUT;
    struct number number;
    enum err err = number_of(value->text, &number);
    if (err == OK)
        *ret_digits = print_number(&number, arena);
    return err;
}
