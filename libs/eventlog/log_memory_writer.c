#include "eventlog/log_memory_internal.h"

#include <stdlib.h>
#include <string.h>

/* A record that waits for the next push. */
struct queued {
    struct memory_partition *partition;
    struct memory_record *record;
};

struct memory_writer {
    struct log_writer base;
    struct memory_log *log;
    struct queued *queue;
    size_t count;
    size_t capacity;
    bool doubt;
};

struct memory_record *memory_record_new(struct bytes key, struct bytes value,
                                        const struct log_header *headers, size_t headers_count)
{
    size_t kept = headers_count <= LOG_HEADERS_MAX ? headers_count : LOG_HEADERS_MAX + 1;
    struct memory_record *record = malloc(sizeof *record + kept * sizeof *headers +
                                          log_record_size(key, value, headers, kept));
    CHECK(record != NULL);
    uint8_t *place = (uint8_t *)&record->headers[kept];
    *record = (struct memory_record){
        .key = {place, key.size}, .value = {place + key.size, value.size}, .headers_count = kept};
    if (key.size > 0)
        memcpy(place, key.data, key.size);
    place += key.size;
    if (value.size > 0)
        memcpy(place, value.data, value.size);
    place += value.size;
    for (size_t i = 0; i < kept; i++) {
        struct log_header copy = {
            .name = {(char *)place, headers[i].name.size},
            .value = {(char *)place + headers[i].name.size, headers[i].value.size}};
        if (copy.name.size > 0)
            memcpy(place, headers[i].name.data, copy.name.size);
        place += copy.name.size;
        if (copy.value.size > 0)
            memcpy(place, headers[i].value.data, copy.value.size);
        place += copy.value.size;
        record->headers[i] = copy;
    }
    return record;
}

int64_t memory_append(struct memory_log *log, struct memory_partition *partition,
                      struct memory_record *record)
{
    if (partition->count == partition->capacity) {
        partition->capacity = partition->capacity == 0 ? 64 : 2 * partition->capacity;
        partition->records =
            realloc(partition->records, partition->capacity * sizeof(struct memory_record *));
        CHECK(partition->records != NULL);
    }
    record->timestamp_us = log->now_us(log->clock);
    record->next = log->records;
    log->records = record;
    partition->records[partition->count++] = record;
    CHECK(pthread_cond_broadcast(&log->changed) == 0);
    return memory_end(partition) - 1;
}

struct log_writer *memory_writer_open(struct log *log)
{
    struct memory_writer *writer = calloc(1, sizeof *writer);
    CHECK(writer != NULL);
    writer->base.ops = &memory_ops;
    writer->log = (struct memory_log *)log;
    return &writer->base;
}

void memory_writer_close(struct log_writer *base)
{
    struct memory_writer *writer = (struct memory_writer *)base;
    for (size_t i = 0; i < writer->count; i++)
        free(writer->queue[i].record);
    free(writer->queue);
    free(writer);
}

enum err memory_writer_append(struct log_writer *base, const char *topic, int32_t number,
                              struct bytes key, struct bytes value,
                              const struct log_header *headers, size_t headers_count)
{
    struct memory_writer *writer = (struct memory_writer *)base;
    if (writer->count == LOG_WAITING_MAX)
        return ERR_FULL;
    memory_lock(writer->log);
    struct memory_partition *partition = memory_find(writer->log, topic, number);
    memory_unlock(writer->log);
    if (partition == NULL)
        return ERR_NOT_FOUND;
    if (writer->count == writer->capacity) {
        writer->capacity = writer->capacity == 0 ? 64 : 2 * writer->capacity;
        writer->queue = realloc(writer->queue, writer->capacity * sizeof *writer->queue);
        CHECK(writer->queue != NULL);
    }
    struct memory_record *record = memory_record_new(key, value, headers, headers_count);
    writer->queue[writer->count++] = (struct queued){partition, record};
    return OK;
}

/* Appends one record, unless a test has it lost. */
static void push_one(struct memory_writer *writer, struct queued queued)
{
    if (queued.partition->lose > 0) {
        queued.partition->lose--;
        writer->doubt = true;
        free(queued.record);
        return;
    }
    memory_append(writer->log, queued.partition, queued.record);
}

enum err memory_writer_push(struct log_writer *base)
{
    struct memory_writer *writer = (struct memory_writer *)base;
    memory_lock(writer->log);
    for (size_t i = 0; i < writer->count; i++)
        push_one(writer, writer->queue[i]);
    memory_unlock(writer->log);
    writer->count = 0;
    return writer->doubt ? ERR_DOUBT : OK;
}

enum err memory_writer_flush(struct log_writer *base, int timeout_ms)
{
    (void)timeout_ms;
    return memory_writer_push(base);
}

size_t memory_writer_waiting(const struct log_writer *base)
{
    return ((const struct memory_writer *)base)->count;
}
