#include "twin.h"

#include "base/buffer.h"
#include "eventlog/follower.h"
#include "eventlog/headers.h"
#include "eventlog/log_memory.h"

#include <stdlib.h>
#include <string.h>

/* Reads the partition to its end; the last event that counts is kept. */
static struct fold_state read_last(struct log *log, enum service_id service, int32_t partition,
                                   struct buffer *key, struct buffer *value)
{
    struct followed followed;
    struct follower *follower = follower_open(log, LOG_PROMPT);
    CHECK(follower_begin(follower, service, partition) == OK);
    while (follower_poll(follower, 0, &followed) == OK) {
        if (followed.verdict != FOLD_VALID)
            continue;
        buffer_reset(key);
        buffer_reset(value);
        buffer_append(key, followed.record.key.data, followed.record.key.size);
        buffer_append(value, followed.record.value.data, followed.record.value.size);
    }
    struct fold_state state = follower_fold(follower, service, partition)->state;
    follower_close(follower);
    return state;
}

static void append(struct log *log, struct event *event, struct arena *arena)
{
    enum service_id service;
    struct log_header headers[LOG_HEADERS_MAX];
    size_t headers_count = headers_of_event(event, arena, headers);
    struct buffer value;
    CHECK(service_named(event->meta.service, &service) == OK);
    buffer_init(&value, WIRE_VALUE_SIZE_MAX);
    event_encode(event, &value);
    (void)log_memory_append_raw(log, follower_events_topic(service), event->meta.partition,
                                (struct bytes){(const uint8_t *)event->key.data, event->key.size},
                                buffer_bytes(&value), headers, headers_count);
    buffer_free(&value);
}

bool twin_append(struct log *log, enum service_id service, int32_t partition)
{
    struct buffer key, value;
    buffer_init(&key, WIRE_VALUE_SIZE_MAX);
    buffer_init(&value, WIRE_VALUE_SIZE_MAX);
    struct arena *arena = arena_new(16 << 20);
    struct event *event = calloc(1, sizeof *event);
    CHECK(event != NULL);
    struct fold_state state = read_last(log, service, partition, &key, &value);
    CHECK(event_decode(buffer_bytes(&value), arena, event) == OK);
    bool writes = state.epoch > 0 && event->meta.epoch == state.epoch && !state.poisoned;
    event->key = buffer_as_text(&key);
    event->meta.wseq = state.wseq + 1; /* its prev_hash stays that of the event it once was */
    if (writes)
        append(log, event, arena);
    free(event);
    arena_free(arena);
    buffer_free(&key);
    buffer_free(&value);
    return writes;
}
