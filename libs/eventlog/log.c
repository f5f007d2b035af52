#include "eventlog/log.h"

#include "eventlog/log_internal.h"

size_t log_record_size(struct bytes key, struct bytes value, const struct log_header *headers,
                       size_t headers_count)
{
    size_t size = key.size + value.size;
    for (size_t i = 0; i < headers_count; i++)
        size += headers[i].name.size + headers[i].value.size;
    return size;
}

void log_close(struct log *log)
{
    if (log != NULL)
        log->ops->close(log);
}

enum err log_create_topics(struct log *log, const struct log_topic *topics, size_t count,
                           int replication, const char **ret_problem)
{
    CHECK(replication == 1 || replication == 3);
    return log->ops->create_topics(log, topics, count, replication, ret_problem);
}

enum err log_check_topics(struct log *log, const struct log_topic *topics, size_t count,
                          const char **ret_problem)
{
    return log->ops->check_topics(log, topics, count, ret_problem);
}

enum err log_copies(struct log *log, const char *topic, struct log_copies *ret_copies)
{
    return log->ops->copies(log, topic, ret_copies);
}

enum err log_allow(struct log *log, const struct log_rule *rules, size_t count,
                   const char **ret_problem)
{
    return log->ops->allow(log, rules, count, ret_problem);
}

enum err log_writers_allowed(struct log *log, const char *topic, struct buffer *ret_names)
{
    return log->ops->writers_allowed(log, topic, ret_names);
}

enum err log_partition_count(struct log *log, const char *topic, int32_t *ret_count)
{
    return log->ops->partition_count(log, topic, ret_count);
}

enum err log_ends(struct log *log, const char *topic, int32_t partition, int64_t *ret_start,
                  int64_t *ret_end)
{
    return log->ops->ends(log, topic, partition, ret_start, ret_end);
}

enum err log_delete_before(struct log *log, const char *topic, int32_t partition, int64_t start)
{
    CHECK(start >= 0);
    return log->ops->delete_before(log, topic, partition, start);
}

struct log_reader *log_reader_open(struct log *log, enum log_pace pace)
{
    return log->ops->reader_open(log, pace);
}

void log_reader_close(struct log_reader *reader)
{
    if (reader != NULL)
        reader->ops->reader_close(reader);
}

enum err log_reader_assign(struct log_reader *reader, const char *topic, int32_t partition,
                           int64_t offset, const char **ret_problem)
{
    CHECK(offset >= 0);
    return reader->ops->reader_assign(reader, topic, partition, offset, ret_problem);
}

void log_reader_unassign(struct log_reader *reader, const char *topic, int32_t partition)
{
    reader->ops->reader_unassign(reader, topic, partition);
}

void log_reader_pause(struct log_reader *reader, const char *topic, int32_t partition, bool pause)
{
    reader->ops->reader_pause(reader, topic, partition, pause);
}

enum err log_reader_poll(struct log_reader *reader, int timeout_ms, struct log_record *ret_record,
                         const char **ret_problem)
{
    return reader->ops->reader_poll(reader, timeout_ms, ret_record, ret_problem);
}

struct log_writer *log_writer_open(struct log *log)
{
    return log->ops->writer_open(log);
}

void log_writer_close(struct log_writer *writer)
{
    if (writer != NULL)
        writer->ops->writer_close(writer);
}

enum err log_writer_append(struct log_writer *writer, const char *topic, int32_t partition,
                           struct bytes key, struct bytes value, const struct log_header *headers,
                           size_t headers_count)
{
    CHECK(headers_count <= LOG_HEADERS_MAX);
    if (log_record_size(key, value, headers, headers_count) > LOG_RECORD_SIZE_MAX)
        return ERR_RANGE;
    return writer->ops->writer_append(writer, topic, partition, key, value, headers, headers_count);
}

enum err log_writer_push(struct log_writer *writer)
{
    return writer->ops->writer_push(writer);
}

enum err log_writer_flush(struct log_writer *writer, int timeout_ms)
{
    return writer->ops->writer_flush(writer, timeout_ms);
}

size_t log_writer_waiting(const struct log_writer *writer)
{
    return writer->ops->writer_waiting(writer);
}

enum err log_group_join(struct log *log, const char *group, const char *topic, const char *instance,
                        struct log_group **ret_group)
{
    return log->ops->group_join(log, group, topic, instance, ret_group);
}

bool log_group_assigned(struct log_group *group, int timeout_ms, int32_t *ret_partitions,
                        size_t max, size_t *ret_count)
{
    return group->ops->group_assigned(group, timeout_ms, ret_partitions, max, ret_count);
}

void log_group_leave(struct log_group *group)
{
    if (group != NULL)
        group->ops->group_leave(group);
}
