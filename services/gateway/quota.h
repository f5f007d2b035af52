/* quota.h - how many of something callers have at the same time: of all together, of those whom
 * nobody knows, and of each.
 *
 * Bounds   a row for each caller who has any.
 * Thread   any.
 */
#ifndef GATEWAY_QUOTA_H
#define GATEWAY_QUOTA_H
#include "base/base.h"

struct quota; /* laid out in quota.c only */

/* What came of asking for one more. */
enum quota_verdict {
    QUOTA_TAKEN,
    QUOTA_OF_CALLER, /* this caller has as many as one may */
    QUOTA_OF_ALL     /* there are as many as there may be, for such as this caller */
};

/* At most `all_max`, and `of_one_max` of one caller. Those whom nobody knows have half of all at
 * most: addresses cost nothing, and must not take the place of who has an account. The caller frees
 * it. */
struct quota *quota_new(size_t all_max, size_t of_one_max) MUST_CHECK;
/* NULL does nothing. */
void quota_free(struct quota *quota);

/* One more of the caller `source` (struct caller), `known` or not. */
enum quota_verdict quota_take(struct quota *quota, uint64_t source, bool known) MUST_CHECK;
/* One less. CHECKs that it was taken. */
void quota_give_back(struct quota *quota, uint64_t source);
/* How many there are. */
size_t quota_count(struct quota *quota);

#endif
