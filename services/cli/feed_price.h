/* feed_price.h - a price as it stands in a file, made one that an instrument takes: times a factor,
 * to the nearest tick. Exact: whole numbers only.
 *
 * Pure     no I/O, no clock, no floating point.
 */
#ifndef FEED_PRICE_H
#define FEED_PRICE_H
#include "base/base.h"

/* digits * 10^-places */
struct feed_number {
    int64_t digits;
    int places;
};

/* Reads a number of at most 18 significant digits, with an exponent or without: "1.07219", "1e-05",
 * "-3". ERR_INPUT: it is none. ERR_RANGE: it has more digits, or is beyond 10^30. */
enum err feed_number_parse(struct text text, struct feed_number *ret_number) MUST_CHECK;

/* price * factor in whole ticks (tick_e8 > 0), half to the even one. ERR_RANGE: too large.
 * ERR_INPUT: not above zero once it is rounded. */
enum err feed_price(struct feed_number price, struct feed_number factor, int64_t tick_e8,
                    int64_t *ret_price_e8) MUST_CHECK;

#endif
