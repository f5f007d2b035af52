/* log_memory.h - what tests do to a log in memory, which no writer could: strange records, a lost
 * head, middle or tail, a clock of their own. Every function CHECKs that topic and partition exist.
 *
 * Thread   any.
 */
#ifndef EVENTLOG_LOG_MEMORY_H
#define EVENTLOG_LOG_MEMORY_H
#include "eventlog/log.h"

/* Asks `now_us` for the time of every append from now on. */
void log_memory_set_clock(struct log *log, int64_t (*now_us)(void *context), void *context);
/* Appends a record that nobody's writer made, of any size and with any number of headers, at once.
 * Returns its offset. */
int64_t log_memory_append_raw(struct log *log, const char *topic, int32_t partition,
                              struct bytes key, struct bytes value,
                              const struct log_header *headers, size_t headers_count);
/* Lets the next `count` records pushed to this partition vanish, their writer in doubt. */
void log_memory_lose(struct log *log, const char *topic, int32_t partition, size_t count);
/* Drops the records before `start`, as retention would; at most to the end. */
void log_memory_trim(struct log *log, const char *topic, int32_t partition, int64_t start);
/* Has readers pass over the record at `offset`, as one that is damaged. */
void log_memory_hide(struct log *log, const char *topic, int32_t partition, int64_t offset);
/* Drops the records from `end` on, so that their offsets are given out again. */
void log_memory_truncate(struct log *log, const char *topic, int32_t partition, int64_t end);

#endif
