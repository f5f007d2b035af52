#include "cli/feed_price.h"

#include "decimal/decimal.h"

enum { DIGITS_MAX = 18, EXPONENT_MAX = 30 };

/* --- reading --- */

static bool is_digit(struct text text, size_t at)
{
    return at < text.size && text.data[at] >= '0' && text.data[at] <= '9';
}

/* Reads "e-05" from `at` to the end of the text. */
static enum err read_exponent(struct text text, size_t at, int *ret_exponent)
{
    int exponent = 0;
    at++;
    bool minus = at < text.size && text.data[at] == '-';
    if (minus || (at < text.size && text.data[at] == '+'))
        at++;
    if (!is_digit(text, at))
        return ERR_INPUT;
    for (; is_digit(text, at); at++) {
        exponent = exponent * 10 + (text.data[at] - '0');
        if (exponent > EXPONENT_MAX)
            return ERR_RANGE;
    }
    *ret_exponent = minus ? -exponent : exponent;
    return at == text.size ? OK : ERR_INPUT;
}

/* Digits as they are read: zeros count only once another digit follows. */
struct reading {
    int64_t digits;
    int count; /* significant ones */
    int zeros; /* read behind them, not yet counted */
    int places;
};

static bool read_digit(struct reading *reading, int digit)
{
    if (digit == 0) {
        reading->zeros += reading->count > 0 ? 1 : 0;
        return true;
    }
    reading->count += reading->zeros + 1;
    if (reading->count > DIGITS_MAX)
        return false;
    for (; reading->zeros >= 0; reading->zeros--)
        reading->digits *= 10;
    reading->zeros = 0;
    reading->digits += digit;
    return true;
}

enum err feed_number_parse(struct text text, struct feed_number *ret_number)
{
    struct reading reading = {0};
    int exponent = 0;
    bool point = false;
    bool minus = text.size > 0 && text.data[0] == '-';
    size_t at = minus ? 1 : 0;
    size_t first = at;
    for (; is_digit(text, at) || (at < text.size && text.data[at] == '.' && !point); at++) {
        if (text.data[at] == '.') {
            point = true;
            continue;
        }
        if (!read_digit(&reading, text.data[at] - '0'))
            return ERR_RANGE;
        reading.places += point ? 1 : 0;
    }
    if (!is_digit(text, first) || !is_digit(text, at - 1))
        return ERR_INPUT;
    if (at < text.size && (text.data[at] == 'e' || text.data[at] == 'E')) {
        enum err err = read_exponent(text, at, &exponent);
        if (err != OK)
            return err;
    } else if (at < text.size) {
        return ERR_INPUT;
    }
    *ret_number = (struct feed_number){.digits = minus ? -reading.digits : reading.digits,
                                       .places = reading.places - reading.zeros - exponent};
    return OK;
}

/* --- rounding --- */

/* False: it does not fit. */
static bool times_ten(__int128 *number, int times)
{
    for (; times > 0; times--)
        if (__builtin_mul_overflow(*number, 10, number))
            return false;
    return true;
}

enum err feed_price(struct feed_number price, struct feed_number factor, int64_t tick_e8,
                    int64_t *ret_price_e8)
{
    CHECK(tick_e8 > 0);
    __int128 numerator = (__int128)price.digits * factor.digits; /* 36 digits: it fits */
    __int128 denominator = tick_e8;
    int64_t price_e8 = 0;
    if (numerator <= 0)
        return ERR_INPUT;
    int places = price.places + factor.places - DECIMAL_SCALE;
    if (!times_ten(places > 0 ? &denominator : &numerator, places > 0 ? places : -places))
        return places > 0 ? ERR_INPUT : ERR_RANGE; /* far below a tick, or far above all */
    if (numerator / denominator > INT64_MAX - 1)
        return ERR_RANGE;
    int64_t ticks = decimal_divide_half_even(numerator, denominator);
    if (__builtin_mul_overflow(ticks, tick_e8, &price_e8))
        return ERR_RANGE;
    if (price_e8 == 0)
        return ERR_INPUT;
    *ret_price_e8 = price_e8;
    return OK;
}
