#include "base/number.h"

#include <string.h>

size_t number_print(int64_t value, char ret_text[NUMBER_TEXT_SIZE_MAX])
{
    char digits[NUMBER_TEXT_SIZE_MAX];
    size_t first = sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        digits[--first] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        digits[--first] = '-';
    memcpy(ret_text, digits + first, sizeof digits - first);
    return sizeof digits - first;
}

enum err number_parse(struct text text, int64_t *ret_value)
{
    int64_t value = 0;
    if (text.size == 0 || (text.size > 1 && text.data[0] == '0'))
        return ERR_INPUT;
    for (size_t i = 0; i < text.size; i++) {
        int digit = text.data[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return ERR_INPUT;
    }
    *ret_value = value;
    return OK;
}
