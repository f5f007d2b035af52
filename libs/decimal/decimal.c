#include "decimal/decimal.h"

/* What one unit of the last place is, in 10^-8, for a scale of 0..8 places. */
static int64_t unit_of_scale(int scale)
{
    CHECK(scale >= 0 && scale <= DECIMAL_SCALE);
    int64_t unit = 1;
    for (int place = scale; place < DECIMAL_SCALE; place++)
        unit *= 10;
    return unit;
}

static unsigned __int128 magnitude(__int128 value)
{
    return value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
}

/* Whether the truncated quotient moves one away from zero. `rest` is not zero and below `divisor`.
 */
static bool rounds_away(unsigned __int128 quotient, unsigned __int128 rest,
                        unsigned __int128 divisor, enum decimal_rounding rounding)
{
    switch (rounding) {
    case DECIMAL_UP: return true;
    case DECIMAL_HALF_EVEN: {
        unsigned __int128 missing =
            divisor - rest; /* compared so, twice the rest cannot overflow */
        return rest > missing || (rest == missing && quotient % 2 == 1);
    }
    case DECIMAL_DOWN:
    case DECIMAL_EXACT: break;
    }
    return false;
}

static enum err divide(__int128 numerator, __int128 denominator, enum decimal_rounding rounding,
                       int64_t *ret_quotient)
{
    CHECK(denominator != 0);
    unsigned __int128 divisor = magnitude(denominator);
    unsigned __int128 quotient = magnitude(numerator) / divisor;
    unsigned __int128 rest = magnitude(numerator) % divisor;
    if (rest != 0 && rounding == DECIMAL_EXACT)
        return ERR_INPUT;
    if (rest != 0 && rounds_away(quotient, rest, divisor, rounding))
        quotient++;

    bool negative = (numerator < 0) != (denominator < 0);
    uint64_t largest = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    if (quotient > largest)
        return ERR_RANGE;
    *ret_quotient = (int64_t)(negative ? -(__int128)quotient : (__int128)quotient);
    return OK;
}

bool decimal_add(int64_t a, int64_t b, int64_t *ret_sum)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *ret_sum = sum;
    return true;
}

bool decimal_sub(int64_t a, int64_t b, int64_t *ret_difference)
{
    int64_t difference;
    if (__builtin_sub_overflow(a, b, &difference))
        return false;
    *ret_difference = difference;
    return true;
}

int64_t decimal_sum(int64_t a, int64_t b)
{
    int64_t sum = 0;
    CHECK(decimal_add(a, b, &sum));
    return sum;
}

int64_t decimal_difference(int64_t a, int64_t b)
{
    int64_t difference = 0;
    CHECK(decimal_sub(a, b, &difference));
    return difference;
}

enum err decimal_product(int64_t price_e8, int64_t quantity_e8, enum decimal_rounding rounding,
                         int64_t *ret_amount_e8)
{
    return divide((__int128)price_e8 * quantity_e8, E8, rounding, ret_amount_e8);
}

enum err decimal_fee(int64_t amount_e8, int64_t rate_bps, int asset_scale,
                     enum decimal_rounding rounding, int64_t *ret_fee_e8)
{
    enum { BPS_OF_ONE = 10000 };
    int64_t unit_e8 = unit_of_scale(asset_scale);
    int64_t units;
    enum err err =
        divide((__int128)amount_e8 * rate_bps, (__int128)BPS_OF_ONE * unit_e8, rounding, &units);
    if (err != OK)
        return err;
    int64_t fee_e8;
    if (__builtin_mul_overflow(units, unit_e8, &fee_e8))
        return ERR_RANGE;
    *ret_fee_e8 = fee_e8;
    return OK;
}

int64_t decimal_divide_half_even(__int128 numerator, __int128 denominator)
{
    int64_t quotient = 0;
    CHECK(divide(numerator, denominator, DECIMAL_HALF_EVEN, &quotient) == OK);
    return quotient;
}

bool decimal_fits_scale(int64_t e8, int scale)
{
    return e8 % unit_of_scale(scale) == 0;
}

bool decimal_multiple_of(int64_t e8, int64_t step_e8)
{
    CHECK(step_e8 > 0);
    return e8 % step_e8 == 0;
}
