/* landmark.h - a record of a partition that is known of from elsewhere: the last one that the
 * projection has read. A log cannot tell by itself what is missing at its end; one that lacks its
 * landmark was cut, made anew, or restored from before (R5).
 */
#ifndef SERVICE_LANDMARK_H
#define SERVICE_LANDMARK_H
#include "decision/decision.h"
#include "eventlog/log.h"

enum { LANDMARK_PROBLEM_SIZE = 512 };

struct landmark {
    bool known;
    int64_t offset;
    struct hash hash; /* fold_record_hash() */
};

/* Whether it is before `end`, that of the log of a partition. ERR_LOG: it is not; the problem says
 * so for people. */
enum err landmark_before(const struct landmark *landmark, enum service_id service,
                         int32_t partition, int64_t end,
                         char ret_problem[LANDMARK_PROBLEM_SIZE]) MUST_CHECK;
/* Whether a record, if it stands at its offset, is the one it was. ERR_LOG: as above. */
enum err landmark_is(const struct landmark *landmark, enum service_id service,
                     const struct log_record *record,
                     char ret_problem[LANDMARK_PROBLEM_SIZE]) MUST_CHECK;
/* Both, of the log as it is now, on any thread. ERR_LOG: as above. Any other error: the broker
 * does not show it, and nothing is known. */
enum err landmark_compare(const struct landmark *landmark, struct log *log, enum service_id service,
                          int32_t partition, char ret_problem[LANDMARK_PROBLEM_SIZE]) MUST_CHECK;

#endif
