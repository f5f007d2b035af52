/* log_memory_internal.h - how topics lie in memory. For the log_memory_*.c files only. */
#ifndef EVENTLOG_LOG_MEMORY_INTERNAL_H
#define EVENTLOG_LOG_MEMORY_INTERNAL_H
#include "eventlog/log_internal.h"

#include <pthread.h>
#include <time.h>

/* One allocation: the headers and all bytes lie behind it. It lives as long as the log, even when
 * it is trimmed away, so that a reader may point into it. */
struct memory_record {
    struct memory_record *next; /* in the order of allocation, for closing */
    int64_t timestamp_us;
    bool hidden; /* readers pass over it */
    struct bytes key;
    struct bytes value;
    size_t headers_count;
    struct log_header headers[];
};

struct memory_partition {
    struct memory_record **records; /* the one at `start` first */
    size_t count;
    size_t capacity;
    int64_t start;
    size_t lose; /* how many appends are still to vanish */
};

struct memory_topic {
    struct memory_topic *next;
    char *name;
    struct memory_partition *partitions;
    int32_t partitions_count;
    bool forever;
};

struct memory_group;

/* The mutex guards everything; `changed` is told of every append and every change of members. */
struct memory_log {
    struct log base;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int64_t (*now_us)(void *context);
    void *clock;
    struct memory_topic *topics;
    struct memory_record *records;
    struct memory_group *members; /* by instance name */
    char problem[LOG_PROBLEM_SIZE];
};

extern const struct log_ops memory_ops;

void memory_lock(struct memory_log *log);
void memory_unlock(struct memory_log *log);
/* The moment of CLOCK_MONOTONIC `timeout_ms` from now, to wait for `changed` until then. */
struct timespec memory_deadline(int timeout_ms);

/* The following ask for the lock to be held. NULL: no such thing. */
struct memory_topic *memory_find_topic(struct memory_log *log, const char *name);
struct memory_partition *memory_find(struct memory_log *log, const char *name, int32_t partition);
int64_t memory_end(const struct memory_partition *partition);
/* Puts the record at the end with the time it is now, and tells readers. Returns its offset. */
int64_t memory_append(struct memory_log *log, struct memory_partition *partition,
                      struct memory_record *record);

/* A copy of everything, of the first LOG_HEADERS_MAX + 1 headers. memory_append() takes it over. */
struct memory_record *memory_record_new(struct bytes key, struct bytes value,
                                        const struct log_header *headers, size_t headers_count);

/* The rows of memory_ops. */
struct log_reader *memory_reader_open(struct log *log, enum log_pace pace);
void memory_reader_close(struct log_reader *reader);
enum err memory_reader_assign(struct log_reader *reader, const char *topic, int32_t partition,
                              int64_t offset, const char **ret_problem);
void memory_reader_unassign(struct log_reader *reader, const char *topic, int32_t partition);
void memory_reader_pause(struct log_reader *reader, const char *topic, int32_t partition,
                         bool pause);
enum err memory_reader_poll(struct log_reader *reader, int timeout_ms,
                            struct log_record *ret_record, const char **ret_problem);
struct log_writer *memory_writer_open(struct log *log);
void memory_writer_close(struct log_writer *writer);
enum err memory_writer_append(struct log_writer *writer, const char *topic, int32_t partition,
                              struct bytes key, struct bytes value,
                              const struct log_header *headers, size_t headers_count);
enum err memory_writer_push(struct log_writer *writer);
enum err memory_writer_flush(struct log_writer *writer, int timeout_ms);
size_t memory_writer_waiting(const struct log_writer *writer);
enum err memory_group_join(struct log *log, const char *group, const char *topic,
                           const char *instance, struct log_group **ret_group);
bool memory_group_assigned(struct log_group *group, int timeout_ms, int32_t *ret_partitions,
                           size_t max, size_t *ret_count);
void memory_group_leave(struct log_group *group);

#endif
