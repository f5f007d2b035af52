#include "eventlog/log_memory.h"

#include "eventlog/log_memory_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct memory_log *memory_of(struct log *log)
{
    CHECK(log->ops == &memory_ops);
    return (struct memory_log *)log;
}

static int64_t real_time_us(void *context)
{
    (void)context;
    struct timespec now;
    CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct log *log_open_memory(void)
{
    struct memory_log *log = calloc(1, sizeof *log);
    CHECK(log != NULL);
    log->base.ops = &memory_ops;
    log->now_us = real_time_us;
    CHECK(pthread_mutex_init(&log->mutex, NULL) == 0);
    pthread_condattr_t attributes;
    CHECK(pthread_condattr_init(&attributes) == 0);
    CHECK(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&log->changed, &attributes) == 0);
    CHECK(pthread_condattr_destroy(&attributes) == 0);
    return &log->base;
}

static void free_topic(struct memory_topic *topic)
{
    for (int32_t i = 0; i < topic->partitions_count; i++)
        free(topic->partitions[i].records);
    free(topic->partitions);
    free(topic->name);
    free(topic);
}

static void memory_close(struct log *base)
{
    struct memory_log *log = memory_of(base);
    while (log->topics != NULL) {
        struct memory_topic *topic = log->topics;
        log->topics = topic->next;
        free_topic(topic);
    }
    while (log->records != NULL) {
        struct memory_record *record = log->records;
        log->records = record->next;
        free(record);
    }
    CHECK(pthread_cond_destroy(&log->changed) == 0);
    CHECK(pthread_mutex_destroy(&log->mutex) == 0);
    free(log);
}

void memory_lock(struct memory_log *log)
{
    CHECK(pthread_mutex_lock(&log->mutex) == 0);
}

void memory_unlock(struct memory_log *log)
{
    CHECK(pthread_mutex_unlock(&log->mutex) == 0);
}

struct timespec memory_deadline(int timeout_ms)
{
    struct timespec deadline;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &deadline) == 0);
    int64_t nanoseconds = deadline.tv_nsec + (int64_t)timeout_ms % 1000 * 1000000;
    deadline.tv_sec += timeout_ms / 1000 + (time_t)(nanoseconds / 1000000000);
    deadline.tv_nsec = (long)(nanoseconds % 1000000000);
    return deadline;
}

struct memory_topic *memory_find_topic(struct memory_log *log, const char *name)
{
    struct memory_topic *topic = log->topics;
    while (topic != NULL && strcmp(topic->name, name) != 0)
        topic = topic->next;
    return topic;
}

struct memory_partition *memory_find(struct memory_log *log, const char *name, int32_t partition)
{
    struct memory_topic *topic = memory_find_topic(log, name);
    if (topic == NULL || partition < 0 || partition >= topic->partitions_count)
        return NULL;
    return &topic->partitions[partition];
}

int64_t memory_end(const struct memory_partition *partition)
{
    return partition->start + (int64_t)partition->count;
}

static void add_topic(struct memory_log *log, const struct log_topic *wanted)
{
    CHECK(wanted->partitions > 0);
    struct memory_topic *topic = calloc(1, sizeof *topic);
    CHECK(topic != NULL);
    topic->name = strdup(wanted->name);
    topic->partitions = calloc((size_t)wanted->partitions, sizeof *topic->partitions);
    CHECK(topic->name != NULL && topic->partitions != NULL);
    topic->partitions_count = wanted->partitions;
    topic->forever = wanted->forever;
    topic->next = log->topics;
    log->topics = topic;
}

static enum err memory_create_topics(struct log *base, const struct log_topic *topics, size_t count,
                                     int replication, const char **ret_problem)
{
    (void)replication;
    (void)ret_problem;
    struct memory_log *log = memory_of(base);
    memory_lock(log);
    for (size_t i = 0; i < count; i++)
        if (memory_find_topic(log, topics[i].name) == NULL)
            add_topic(log, &topics[i]);
    memory_unlock(log);
    return OK;
}

static enum err check_topic(struct memory_log *log, const struct log_topic *wanted)
{
    const struct memory_topic *found = memory_find_topic(log, wanted->name);
    if (found == NULL) {
        snprintf(log->problem, sizeof log->problem, "topic %s does not exist", wanted->name);
        return ERR_NOT_FOUND;
    }
    if (found->partitions_count != wanted->partitions) {
        snprintf(log->problem, sizeof log->problem, "topic %s: partitions is %d, must be %d",
                 wanted->name, found->partitions_count, wanted->partitions);
        return ERR_LOG;
    }
    if (found->forever != wanted->forever) {
        snprintf(log->problem, sizeof log->problem, "topic %s: kept for ever is %d, must be %d",
                 wanted->name, found->forever, wanted->forever);
        return ERR_LOG;
    }
    return OK;
}

static enum err memory_check_topics(struct log *base, const struct log_topic *topics, size_t count,
                                    const char **ret_problem)
{
    struct memory_log *log = memory_of(base);
    memory_lock(log);
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++)
        err = check_topic(log, &topics[i]);
    *ret_problem = log->problem;
    memory_unlock(log);
    return err;
}

static enum err memory_partition_count(struct log *base, const char *name, int32_t *ret_count)
{
    struct memory_log *log = memory_of(base);
    memory_lock(log);
    const struct memory_topic *topic = memory_find_topic(log, name);
    if (topic != NULL)
        *ret_count = topic->partitions_count;
    memory_unlock(log);
    return topic == NULL ? ERR_NOT_FOUND : OK;
}

static enum err memory_ends(struct log *base, const char *topic, int32_t number, int64_t *ret_start,
                            int64_t *ret_end)
{
    struct memory_log *log = memory_of(base);
    memory_lock(log);
    const struct memory_partition *partition = memory_find(log, topic, number);
    if (partition != NULL) {
        *ret_start = partition->start;
        *ret_end = memory_end(partition);
    }
    memory_unlock(log);
    return partition == NULL ? ERR_NOT_FOUND : OK;
}

static enum err memory_copies(struct log *base, const char *topic, struct log_copies *ret_copies)
{
    int32_t partitions;
    *ret_copies = (struct log_copies){.brokers = 1, .copies = 1, .in_step = 1};
    return log_partition_count(base, topic, &partitions);
}

static enum err memory_allow(struct log *base, const struct log_rule *rules, size_t count,
                             const char **ret_problem)
{
    (void)base, (void)rules, (void)count;
    *ret_problem = "a log in memory keeps no rules";
    return ERR_NOT_FOUND;
}

static enum err memory_writers_allowed(struct log *base, const char *topic,
                                       struct buffer *ret_names)
{
    int32_t partitions;
    (void)ret_names;
    return log_partition_count(base, topic, &partitions);
}

static void drop_before(struct memory_partition *partition, int64_t start)
{
    size_t dropped = (size_t)(start - partition->start);
    partition->count -= dropped;
    partition->start = start;
    if (partition->count > 0)
        memmove(partition->records, partition->records + dropped,
                partition->count * sizeof(struct memory_record *));
}

static enum err memory_delete_before(struct log *base, const char *topic, int32_t number,
                                     int64_t start)
{
    struct memory_log *log = memory_of(base);
    memory_lock(log);
    struct memory_partition *partition = memory_find(log, topic, number);
    enum err err = partition == NULL ? ERR_NOT_FOUND : OK;
    if (err == OK && start > memory_end(partition))
        err = ERR_RANGE;
    if (err == OK && start > partition->start)
        drop_before(partition, start);
    memory_unlock(log);
    return err;
}

const struct log_ops memory_ops = {
    .close = memory_close,
    .create_topics = memory_create_topics,
    .check_topics = memory_check_topics,
    .partition_count = memory_partition_count,
    .copies = memory_copies,
    .allow = memory_allow,
    .writers_allowed = memory_writers_allowed,
    .ends = memory_ends,
    .delete_before = memory_delete_before,
    .reader_open = memory_reader_open,
    .reader_close = memory_reader_close,
    .reader_assign = memory_reader_assign,
    .reader_unassign = memory_reader_unassign,
    .reader_pause = memory_reader_pause,
    .reader_poll = memory_reader_poll,
    .writer_open = memory_writer_open,
    .writer_close = memory_writer_close,
    .writer_append = memory_writer_append,
    .writer_push = memory_writer_push,
    .writer_flush = memory_writer_flush,
    .writer_waiting = memory_writer_waiting,
    .group_join = memory_group_join,
    .group_assigned = memory_group_assigned,
    .group_leave = memory_group_leave,
};

/* Locks the log and finds what a test names. */
static struct memory_partition *lock_partition(struct memory_log *log, const char *topic,
                                               int32_t number)
{
    memory_lock(log);
    struct memory_partition *partition = memory_find(log, topic, number);
    CHECK(partition != NULL);
    return partition;
}

void log_memory_set_clock(struct log *base, int64_t (*now_us)(void *context), void *context)
{
    struct memory_log *log = memory_of(base);
    memory_lock(log);
    log->now_us = now_us;
    log->clock = context;
    memory_unlock(log);
}

int64_t log_memory_append_raw(struct log *base, const char *topic, int32_t number, struct bytes key,
                              struct bytes value, const struct log_header *headers,
                              size_t headers_count)
{
    struct memory_log *log = memory_of(base);
    struct memory_record *record = memory_record_new(key, value, headers, headers_count);
    struct memory_partition *partition = lock_partition(log, topic, number);
    int64_t offset = memory_append(log, partition, record);
    memory_unlock(log);
    return offset;
}

void log_memory_lose(struct log *base, const char *topic, int32_t number, size_t count)
{
    struct memory_log *log = memory_of(base);
    lock_partition(log, topic, number)->lose = count;
    memory_unlock(log);
}

void log_memory_trim(struct log *base, const char *topic, int32_t number, int64_t start)
{
    struct memory_log *log = memory_of(base);
    struct memory_partition *partition = lock_partition(log, topic, number);
    CHECK(start >= partition->start && start <= memory_end(partition));
    drop_before(partition, start);
    memory_unlock(log);
}

void log_memory_hide(struct log *base, const char *topic, int32_t number, int64_t offset)
{
    struct memory_log *log = memory_of(base);
    struct memory_partition *partition = lock_partition(log, topic, number);
    CHECK(offset >= partition->start && offset < memory_end(partition));
    partition->records[offset - partition->start]->hidden = true;
    memory_unlock(log);
}

void log_memory_truncate(struct log *base, const char *topic, int32_t number, int64_t end)
{
    struct memory_log *log = memory_of(base);
    struct memory_partition *partition = lock_partition(log, topic, number);
    CHECK(end >= partition->start && end <= memory_end(partition));
    partition->count = (size_t)(end - partition->start);
    memory_unlock(log);
}
