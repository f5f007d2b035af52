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
