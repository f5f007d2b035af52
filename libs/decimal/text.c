#include "decimal/decimal.h"

#include <string.h>

static bool is_digit(struct text text, size_t at)
{
    return at < text.size && text.data[at] >= '0' && text.data[at] <= '9';
}

/* units * 10 + digit; what is past every int64 stays past it, so a text of any length is safe. */
static void take_digit(unsigned __int128 *units, unsigned digit)
{
    if (*units <= UINT64_MAX)
        *units = *units * 10 + digit;
}

/* Reads "0" or digits that start with another. Returns where they end; `at` itself: refused. */
static size_t read_whole(struct text text, size_t at, unsigned __int128 *units)
{
    if (at < text.size && text.data[at] == '0')
        return at + 1;
    for (; is_digit(text, at); at++)
        take_digit(units, (unsigned)(text.data[at] - '0'));
    return at;
}

/* Reads a point and the digits behind it, if there is one, and fills up to eight places. Returns
 * where the digits end; 0: refused, as there are none or one past the eighth place is not zero. */
static size_t read_places(struct text text, size_t at, unsigned __int128 *units)
{
    size_t places = 0;
    if (at < text.size && text.data[at] == '.') {
        for (at++; is_digit(text, at); at++, places++) {
            if (places < DECIMAL_SCALE)
                take_digit(units, (unsigned)(text.data[at] - '0'));
            else if (text.data[at] != '0')
                return 0;
        }
        if (places == 0)
            return 0;
    }
    for (; places < DECIMAL_SCALE; places++)
        take_digit(units, 0);
    return at;
}

enum err decimal_parse(struct text text, int64_t *ret_e8)
{
    unsigned __int128 units = 0;
    bool negative = text.size > 0 && text.data[0] == '-';
    size_t start = negative ? 1 : 0;
    size_t end = read_whole(text, start, &units);
    if (end == start || read_places(text, end, &units) != text.size)
        return ERR_INPUT;

    uint64_t largest = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    if (units > largest)
        return ERR_RANGE;
    *ret_e8 = (int64_t)(negative ? -(__int128)units : (__int128)units);
    return OK;
}

size_t decimal_print_wide(__int128 e8, int scale_min, char ret_text[DECIMAL_WIDE_TEXT_SIZE])
{
    CHECK(scale_min >= 0 && scale_min <= DECIMAL_SCALE);
    unsigned __int128 units = e8 < 0 ? -(unsigned __int128)e8 : (unsigned __int128)e8;
    char text[DECIMAL_WIDE_TEXT_SIZE];
    size_t at = sizeof text; /* written from the end */
    text[--at] = '\0';
    bool started = false; /* false while the places are zeros that may be left out */
    for (int place = DECIMAL_SCALE; place > 0; place--, units /= 10) {
        started = started || place <= scale_min || units % 10 != 0;
        if (started)
            text[--at] = (char)('0' + (int)(units % 10));
    }
    if (started)
        text[--at] = '.';
    do {
        text[--at] = (char)('0' + (int)(units % 10));
        units /= 10;
    } while (units != 0);
    if (e8 < 0)
        text[--at] = '-';
    memcpy(ret_text, text + at, sizeof text - at);
    return sizeof text - at - 1;
}

size_t decimal_print(int64_t e8, int scale_min, char ret_text[DECIMAL_TEXT_SIZE])
{
    char text[DECIMAL_WIDE_TEXT_SIZE];
    size_t size = decimal_print_wide(e8, scale_min, text);
    CHECK(size < DECIMAL_TEXT_SIZE);
    memcpy(ret_text, text, size + 1);
    return size;
}
