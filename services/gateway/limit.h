/* limit.h - how often one source may ask: a sliding window for each source.
 *
 * Count    the requests of the current window, and those of the one before weighted by how much of
 *          it the sliding window still covers: two numbers a source, close to exact.
 * Why      not the generic cell rate algorithm (ATM Forum TM 4.1, I.371), which is one number a
 * source and exact, but promises something else: after a silence it lets the whole limit through at
 *          once and then refills, so nineteen logins in a minute at 10/60s. The eleventh is one too
 *          many here.
 * Bounds   LIMIT_SOURCES sources a limit; a new one takes the place of one long silent, or of the
 *          one silent longest of its few neighbours.
 * Thread   any.   Time is an argument.
 */
#ifndef GATEWAY_LIMIT_H
#define GATEWAY_LIMIT_H
#include "base/base.h"
#include "config/config.h"

struct limit; /* laid out in limit.c only */

enum { LIMIT_SOURCES = 16384 };

/* What became of a request. */
struct limit_result {
    bool allowed;
    int64_t count;     /* the limit; 0: there is none, and the rest says nothing */
    int64_t window_s;  /* rounded up */
    int64_t remaining; /* after this request */
    int64_t reset_s;   /* until all is free again */
    int64_t retry_s;   /* of a refused one: until one more is allowed; at least 1 */
};

/* The caller frees it. A rate with count 0 allows everything. */
struct limit *limit_new(struct config_rate rate) MUST_CHECK;
/* NULL does nothing. */
void limit_free(struct limit *limit);

/* Counts a request of `source`, a hash nobody else has, if it is allowed. */
struct limit_result limit_take(struct limit *limit, uint64_t source, int64_t now_us);
/* The same under a rate of the source's own, in place of the limit's. */
struct limit_result limit_take_of(struct limit *limit, struct config_rate rate, uint64_t source,
                                  int64_t now_us);
/* Counts a request that another gateway has let in, a while ago. */
void limit_note(struct limit *limit, uint64_t source, int64_t at_us);

#endif
