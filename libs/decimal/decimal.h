/* decimal.h - exact money and quantities: integers in units of 10^-8, their text and arithmetic.
 *
 * Units    every `_e8` is int64 in 10^-8; totals inside a computation may be __int128 in 10^-8.
 * Errors   what a command brings in is computed with the functions that return bool or enum err, so
 *          that it can be refused. What an event says was settled before: decimal_sum() and its
 * like CHECK instead. On failure a result is untouched. Pure     no clock, locale, allocation or
 * floating point.
 */
#ifndef DECIMAL_H
#define DECIMAL_H
#include "base/base.h"

enum {
    DECIMAL_SCALE = 8,          /* decimal places of one unit */
    DECIMAL_TEXT_SIZE = 22,     /* "-92233720368.54775808" and its zero */
    DECIMAL_WIDE_TEXT_SIZE = 42 /* 39 digits, sign, point, zero */
};

/* What happens to the part of a result that is smaller than its last place. */
enum decimal_rounding {
    DECIMAL_EXACT,     /* there must be none: ERR_INPUT */
    DECIMAL_HALF_EVEN, /* to the nearest, a tie to the even neighbour */
    DECIMAL_UP,        /* away from zero */
    DECIMAL_DOWN       /* towards zero */
};

/* Reads a JSON number without an exponent: "-12.5", "0", "1.000000000". No "+1", ".5", "1.", "007".
 * ERR_INPUT: not that, or something other than zero past the eighth place. ERR_RANGE: too large. */
enum err decimal_parse(struct text text, int64_t *ret_e8) MUST_CHECK;

/* Writes the shortest exact text with at least `scale_min` places (0..8) and a terminating zero:
 * 12.5 with 2 is "12.50". Returns its size, the zero not counted. */
size_t decimal_print(int64_t e8, int scale_min, char ret_text[DECIMAL_TEXT_SIZE]);
/* The same for a total wider than 64 bits. */
size_t decimal_print_wide(__int128 e8, int scale_min, char ret_text[DECIMAL_WIDE_TEXT_SIZE]);

/* a + b and a - b. False: it does not fit. */
bool decimal_add(int64_t a, int64_t b, int64_t *ret_sum) MUST_CHECK;
bool decimal_sub(int64_t a, int64_t b, int64_t *ret_difference) MUST_CHECK;

/* a + b and a - b where an overflow would be a bug: CHECKs that it fits. */
int64_t decimal_sum(int64_t a, int64_t b) MUST_CHECK;
int64_t decimal_difference(int64_t a, int64_t b) MUST_CHECK;

/* price * quantity, rounded to 10^-8. ERR_INPUT: DECIMAL_EXACT and it is not. ERR_RANGE: too large.
 */
enum err decimal_product(int64_t price_e8, int64_t quantity_e8, enum decimal_rounding rounding,
                         int64_t *ret_amount_e8) MUST_CHECK;

/* amount * rate / 10000, rounded to `asset_scale` places (0..8). Errors as decimal_product(). */
enum err decimal_fee(int64_t amount_e8, int64_t rate_bps, int asset_scale,
                     enum decimal_rounding rounding, int64_t *ret_fee_e8) MUST_CHECK;

/* numerator / denominator as an integer, to the nearest, a tie to the even one. An average price is
 * decimal_divide_half_even((__int128)notional_e8 * E8, quantity_e8). CHECKs that the denominator is
 * not 0 and the result fits: an average always lies between what was averaged. */
int64_t decimal_divide_half_even(__int128 numerator, __int128 denominator) MUST_CHECK;

/* True: nothing but zeros behind the first `scale` (0..8) places. */
bool decimal_fits_scale(int64_t e8, int scale) MUST_CHECK;
/* True: a whole number of steps, as of a tick or a lot. CHECKs that the step is above zero. */
bool decimal_multiple_of(int64_t e8, int64_t step_e8) MUST_CHECK;

#endif
