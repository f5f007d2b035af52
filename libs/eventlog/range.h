/* range.h - the records of a partition from one offset to before another, whether they count or
 * not: what copies a log, or holds it against a copy. Who wants to know which count folds them.
 */
#ifndef EVENTLOG_RANGE_H
#define EVENTLOG_RANGE_H
#include "eventlog/log.h"

enum { RANGE_PROBLEM_SIZE = 512 };

/* Takes a record, which is there until it returns. Anything but OK ends the reading with it. */
typedef enum err range_take(void *context, const struct log_record *record);

/* Shows `take` the records with offsets from `from` to before `to`, each of them and none twice,
 * and returns when the last one has been taken. ERR_TIMEOUT: the broker has said nothing for half a
 * minute. ERR_NOT_FOUND, ERR_LOG: there is no such partition, the range is not in it, or a record
 * of it is not handed out; `ret_problem` then says which and why, and is empty where `take` ended
 * it. */
enum err range_read(struct log *log, const char *topic, int32_t partition, int64_t from, int64_t to,
                    range_take *take, void *context,
                    char ret_problem[RANGE_PROBLEM_SIZE]) MUST_CHECK;

#endif
