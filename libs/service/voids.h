/* voids.h - a projector's records that do not count: counted all, told those that nobody who is in
 * order writes.
 *
 * Once     each record is read by one projector, so it is there that they are counted; once more
 *          what has to be read again after a failure, and what stands before the log's beginning.
 * Told     what is of no writer of this log, or says that a record of it is missing, at most once a
 *          minute for each reason. A replaced writer's records are what a fail-over leaves behind.
 * Thread   one owner.
 */
#ifndef SERVICE_VOIDS_H
#define SERVICE_VOIDS_H
#include "eventlog/follower.h"

/* Registers the series of a service's topic, at zero: an increase from nothing shows in no rate. */
void voids_begin(enum service_id service);
/* Counts a record of that topic that is FOLD_INERT. */
void voids_take(const struct followed *followed);

/* When each reason was told last, and what was not since. Zeroed: never. */
struct voids {
    bool told[FOLD_VOIDS];
    int64_t told_us[FOLD_VOIDS];
    uint64_t untold[FOLD_VOIDS];
};

/* Whether a record that does not count is to be told at `now_us` of a clock that never goes back,
 * and how many of its kind were not since the last one. */
bool voids_due(struct voids *voids, enum fold_void why, int64_t now_us, uint64_t *ret_untold);

#endif
