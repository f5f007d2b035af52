/* limit.h - how often one source may ask, in one of two ways.
 *
 * Windows  the requests of the current window, and those of the one before weighted by how much of
 *          it the sliding window still covers: close to "so many in any minute", which is what
 *          guessing passwords is limited by.
 * Steady   the generic cell rate algorithm (ITU-T I.371, annex A, virtual scheduling): all of the
 *          limit at once after a silence, then evenly at its rate. One number a source, and exact.
 *          At 10/60s it would let nineteen logins through in a minute, hence the windows.
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

enum limit_way { LIMIT_WINDOWS, LIMIT_STEADY };

/* The caller frees it. A rate with count 0 allows everything. */
struct limit *limit_new(struct config_rate rate, enum limit_way way) MUST_CHECK;
/* NULL does nothing. */
void limit_free(struct limit *limit);

/* Counts a request of `source`, a hash nobody else has, if it is allowed. */
struct limit_result limit_take(struct limit *limit, uint64_t source, int64_t now_us);
/* The same under a rate of the source's own, in place of the limit's. */
struct limit_result limit_take_of(struct limit *limit, struct config_rate rate, uint64_t source,
                                  int64_t now_us);
/* Counts a request that another gateway has let in, a while ago; for windows only. */
void limit_note(struct limit *limit, uint64_t source, int64_t at_us);

#endif
