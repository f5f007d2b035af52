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
    int64_t until_ns = gateway_now_ns() + STREAM_REPLAY_MS * INT64_C(1000000);
    enum err err = follower_rejoin(reading->follower, reading->service, reading->partition,
                                   reading->needs - 1);
    if (err != OK)
        return err;
    const struct fold *fold =
        follower_fold(reading->follower, reading->service, reading->partition);
    while (err == OK && fold->next_offset < reading->covered.from) {
        struct followed followed;
        err = follower_poll(reading->follower, POLL_MS, &followed);
        if (err == OK)
            err = take(reading, &followed);
        else if ((err == ERR_TIMEOUT || err == ERR_BUSY) && gateway_now_ns() < until_ns)
            err = OK;
    }
    bool same = fold->next_offset == reading->covered.from &&
                memcmp(&fold->state.head, &reading->covered.head, sizeof fold->state.head) == 0;
    return err == OK && !same ? ERR_NOT_FOUND : err;
}

static enum err replay_row(struct streams *streams, const struct stream_subscriber *subscriber,
                           size_t row, struct stream_backlog *backlog)
{
    const struct stream_position *position = &subscriber->cursor.rows[row];
    struct reading reading = {
        .service = position->service,
        .partition = position->partition,
        .needs = stream_needs(subscriber, row),
        .covered = stream_ring_covered(streams->ring, position->service, position->partition),
        .backlog = backlog,
    };
    if (position->offset < 0 || reading.covered.from <= reading.needs)
        return OK;
    if (reading.covered.from - reading.needs > STREAM_REPLAY_RECORDS)
        return ERR_NOT_FOUND;
    reading.follower = follower_open(streams->gateway->log, LOG_PROMPT);
    enum err err = read_partition(&reading);
    follower_close(reading.follower);
    return err == ERR_LOG ? ERR_NOT_FOUND : err;
}

enum err stream_replay(struct streams *streams, const struct stream_subscriber *subscriber,
                       struct stream_backlog *backlog)
{
    enum err err = OK;
    for (size_t i = 0; i < subscriber->cursor.count && err == OK; i++)
        err = replay_row(streams, subscriber, i, backlog);
    return err;
}
