#include "gateway/stream_replay.h"

#include "log/log.h"

#include <stdlib.h>
#include <string.h>

enum { POLL_MS = 50 };

void stream_backlog_free(struct stream_backlog *backlog)
{
    for (size_t i = 0; i < backlog->count; i++)
        stream_record_release(backlog->records[i]);
    free(backlog->records);
    *backlog = (struct stream_backlog){.count = 0};
}

/* False: it is too much. */
static bool keep(struct stream_backlog *backlog, enum service_id service,
                 const struct followed *followed)
{
    if (backlog->count == backlog->capacity) {
        backlog->capacity = backlog->capacity * 2 + 64;
        backlog->records =
            realloc(backlog->records, backlog->capacity * sizeof(struct stream_record *));
        CHECK(backlog->records != NULL);
    }
    backlog->records[backlog->count++] = stream_record_new(service, followed);
    backlog->bytes += followed->record.value.size;
    return backlog->bytes <= STREAM_REPLAY_BYTES;
}

/* A partition that is being read up to where the ring begins. */
struct reading {
    struct follower *follower;
    enum service_id service;
    int32_t partition;
    int64_t needs;
    struct stream_covered covered;
    int64_t until_ns;
    struct stream_backlog *backlog;
};

/* OK: read on. */
static enum err take(struct reading *reading, const struct followed *followed)
{
    if (followed->verdict != FOLD_VALID || followed->event == NULL ||
        followed->record.offset < reading->needs ||
        followed->record.offset >= reading->covered.from ||
        !stream_record_matters(reading->service, followed->event->kind))
        return OK;
    return keep(reading->backlog, reading->service, followed) ? OK : ERR_NOT_FOUND;
}

static enum err read_partition(struct reading *reading)
{
    enum err err = follower_rejoin(reading->follower, reading->service, reading->partition,
                                   reading->needs - 1);
    if (err != OK)
        return err;
    const struct fold *fold =
        follower_fold(reading->follower, reading->service, reading->partition);
    while (err == OK && fold->next_offset < reading->covered.from) {
        struct followed followed;
        err = follower_poll(reading->follower, POLL_MS, &followed);
        bool in_time = gateway_now_ns() < reading->until_ns;
        if (err == OK)
            err = in_time ? take(reading, &followed) : ERR_NOT_FOUND;
        else if ((err == ERR_TIMEOUT || err == ERR_BUSY) && in_time)
            err = OK;
    }
    bool same = fold->next_offset == reading->covered.from &&
                memcmp(&fold->state.head, &reading->covered.head, sizeof fold->state.head) == 0;
    return err == OK && !same ? ERR_NOT_FOUND : err;
}

static enum err replay_row(struct streams *streams, struct reading *reading)
{
    reading->follower = follower_open(streams->gateway->log, LOG_PROMPT);
    enum err err = read_partition(reading);
    follower_close(reading->follower);
    return err == ERR_LOG ? ERR_NOT_FOUND : err;
}

/* What has to be read of each partition. ERR_NOT_FOUND: it is too much of all together to be begun
 * with. How long the rest takes nobody knows, so each record of it is held against the time. */
static enum err plan(struct streams *streams, const struct stream_subscriber *subscriber,
                     int64_t until_ns, struct stream_backlog *backlog, struct reading *ret_readings,
                     size_t *ret_count)
{
    int64_t left = STREAM_REPLAY_RECORDS;
    *ret_count = 0;
    for (size_t i = 0; i < subscriber->cursor.count; i++) {
        const struct stream_position *position = &subscriber->cursor.rows[i];
        struct reading reading = {
            .service = position->service,
            .partition = position->partition,
            .needs = stream_needs(subscriber, i),
            .covered = stream_ring_covered(streams->ring, position->service, position->partition),
            .until_ns = until_ns,
            .backlog = backlog,
        };
        if (position->offset < 0 || reading.covered.from <= reading.needs)
            continue;
        if (reading.covered.from - reading.needs > left)
            return ERR_NOT_FOUND;
        left -= reading.covered.from - reading.needs;
        ret_readings[(*ret_count)++] = reading;
    }
    return OK;
}

enum err stream_replay(struct streams *streams, const struct stream_subscriber *subscriber,
                       int64_t until_ns, struct stream_backlog *backlog)
{
    struct reading readings[STREAM_PARTITIONS_MAX];
    size_t count;
    enum err err = plan(streams, subscriber, until_ns, backlog, readings, &count);
    if (count > 0 && gateway_now_ns() >= until_ns)
        return ERR_NOT_FOUND; /* its turn came too late */
    for (size_t i = 0; i < count && err == OK; i++)
        err = replay_row(streams, &readings[i]);
    return err;
}
