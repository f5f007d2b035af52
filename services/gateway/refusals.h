/* refusals.h - what the gateway refused before it became a command, told to audit: one record a
 * second and source at most, with how many there were.
 *
 * Bounds   REFUSALS_A_SECOND records a second in all. REFUSAL_SOURCES sources are known; a new one
 *          takes the place of one that has no record in this second, among a few neighbours. What
 *          finds no place or no record, and what was still to be told of one that gave way or has
 *          been quiet for ten seconds, is summed under no source and told in a record of its own,
 *          so that every refusal is counted once, if somebody is refused again behind it.
 * Thread   any.
 */
#ifndef GATEWAY_REFUSALS_H
#define GATEWAY_REFUSALS_H
#include "gateway/gateway.h"

struct refusals; /* laid out in refusals.c only */

enum { REFUSAL_SOURCES = 1024, REFUSALS_A_SECOND = 16 };

struct refusals *refusals_new(void) MUST_CHECK;
void refusals_free(struct refusals *refusals);

/* Notes that the exchange is being refused with `code`; sends a RecordRefusal where one is due for
 * its source, and one for those of no source, else counts for the next. For the exchange's owner,
 * before it answers. Does not wait. */
void refusals_note(struct exchange *exchange, const char *code);

/* How many refusals are to be told of now; 0: none, they are kept for a later record. */
struct refusals_due {
    int64_t of_source;
    int64_t of_none; /* of sources that have no place */
};
/* Counts one of `source`, a hash, in `second` of a clock that is never set back. */
struct refusals_due refusals_count(struct refusals *refusals, uint64_t source, int64_t second);

#endif
