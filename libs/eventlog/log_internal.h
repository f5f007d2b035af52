/* log_internal.h - how the backends of log.h are told apart. For libs/eventlog only.
 *
 * Each backend's log, reader, writer and group starts with the struct of the same name here, and
 * its functions cast back to their own. log.c checks arguments once and dispatches.
 */
#ifndef EVENTLOG_LOG_INTERNAL_H
#define EVENTLOG_LOG_INTERNAL_H
#include "eventlog/log.h"

#include <inttypes.h>

enum {
    LOG_PROBLEM_SIZE = 512,            /* the longest sentence in a ret_problem */
    LOG_WAITING_MAX = 100000,          /* records a writer holds unconfirmed */
    LOG_WAITING_BYTES_MAX = 128 << 20, /* and their bytes */
};

/* A place outside of the log: topic, partition, offset, "ahead of" or "before", start, end. */
#define LOG_PLACE_PROBLEM                                                                          \
    "%s/%d: position %" PRId64 " is %s the log, which has the offsets from %" PRId64               \
    " to before %" PRId64

struct log_ops {
    void (*close)(struct log *log);
    enum err (*create_topics)(struct log *log, const struct log_topic *topics, size_t count,
                              int replication, const char **ret_problem);
    enum err (*check_topics)(struct log *log, const struct log_topic *topics, size_t count,
                             const char **ret_problem);
    enum err (*copies)(struct log *log, const char *topic, struct log_copies *ret_copies);
    enum err (*allow)(struct log *log, const struct log_rule *rules, size_t count,
                      const char **ret_problem);
    enum err (*writers_allowed)(struct log *log, const char *topic, struct buffer *ret_names);
    enum err (*partition_count)(struct log *log, const char *topic, int32_t *ret_count);
    enum err (*ends)(struct log *log, const char *topic, int32_t partition, int64_t *ret_start,
                     int64_t *ret_end);
    enum err (*delete_before)(struct log *log, const char *topic, int32_t partition, int64_t start);

    struct log_reader *(*reader_open)(struct log *log, enum log_pace pace);
    void (*reader_close)(struct log_reader *reader);
    enum err (*reader_assign)(struct log_reader *reader, const char *topic, int32_t partition,
                              int64_t offset, const char **ret_problem);
    void (*reader_unassign)(struct log_reader *reader, const char *topic, int32_t partition);
    void (*reader_pause)(struct log_reader *reader, const char *topic, int32_t partition,
                         bool pause);
    enum err (*reader_poll)(struct log_reader *reader, int timeout_ms,
                            struct log_record *ret_record, const char **ret_problem);

    struct log_writer *(*writer_open)(struct log *log);
    void (*writer_close)(struct log_writer *writer);
    enum err (*writer_append)(struct log_writer *writer, const char *topic, int32_t partition,
                              struct bytes key, struct bytes value,
                              const struct log_header *headers, size_t headers_count);
    enum err (*writer_push)(struct log_writer *writer);
    enum err (*writer_flush)(struct log_writer *writer, int timeout_ms);
    size_t (*writer_waiting)(const struct log_writer *writer);

    enum err (*group_join)(struct log *log, const char *group, const char *topic,
                           const char *instance, struct log_group **ret_group);
    bool (*group_assigned)(struct log_group *group, int timeout_ms, int32_t *ret_partitions,
                           size_t max, size_t *ret_count);
    void (*group_leave)(struct log_group *group);
};

struct log {
    const struct log_ops *ops;
};
struct log_reader {
    const struct log_ops *ops;
};
struct log_writer {
    const struct log_ops *ops;
};
struct log_group {
    const struct log_ops *ops;
};

/* Bytes of key, value and headers together. */
size_t log_record_size(struct bytes key, struct bytes value, const struct log_header *headers,
                       size_t headers_count);

#endif
