#include "hostile.h"

#include "eventlog/fold.h"
#include "eventlog/headers.h"

#include <stdlib.h>

enum { ARENA_SIZE = 1 << 20, VALUE_SIZE_MAX = 100000 };

struct hostile *hostile_new(const struct scenario *scenario)
{
    struct hostile *log = calloc(1, sizeof *log);
    CHECK(log != NULL);
    log->arena = arena_new(ARENA_SIZE);
    scenario->write(log);
    return log;
}

void hostile_free(struct hostile *log)
{
    arena_free(log->arena);
    free(log);
}

struct log_record *hostile_put(struct hostile *log, struct event *event)
{
    struct buffer value;
    struct log_header *headers = ARENA_NEW(log->arena, struct log_header, LOG_HEADERS_MAX);
    CHECK(log->count < HOSTILE_RECORDS_MAX);
    if (event->meta.service.data == NULL)
        event->meta.service = TEXT("accounts");
    if (event->key.data == NULL)
        event->key = TEXT("key");
    buffer_init(&value, VALUE_SIZE_MAX);
    event_encode(event, &value);
    struct text copy = arena_text(log->arena, buffer_as_text(&value));
    buffer_free(&value);
    struct log_record *record = &log->records[log->count++];
    *record = (struct log_record){
        .topic = TEXT("bourse.accounts.events"),
        .offset = log->offset++,
        .key = {(const uint8_t *)event->key.data, event->key.size},
        .value = {(const uint8_t *)copy.data, copy.size},
        .headers = headers,
        .headers_count = headers_of_event(event, log->arena, headers),
    };
    return record;
}

void hostile_create(struct hostile *log)
{
    struct event event = {.kind = EVENT_LOG_CREATED, .meta.occurred_at = log->time_us};
    struct partition_count count = {.service = TEXT("accounts"), .count = 1};
    event.log_created.partition_counts = &count;
    event.log_created.partition_counts_count = 1;
    struct log_record *record = hostile_put(log, &event);
    log->next = (struct fold_state){.head = fold_record_hash(record->key, record->value)};
}

uint8_t *hostile_value(struct log_record *record)
{
    return (uint8_t *)(uintptr_t)record->value.data;
}

struct event hostile_claim(const struct hostile *log, int64_t epoch, uint8_t nonce)
{
    struct event event = {.kind = EVENT_WRITER_CLAIMED};
    event.meta.epoch = epoch;
    event.meta.nonce.bytes[0] = nonce;
    event.meta.prev_hash = log->next.head;
    event.meta.occurred_at = log->time_us;
    event.writer_claimed.min_reader = FOLD_READER_VERSION;
    event.writer_claimed.code_version = TEXT("test");
    return event;
}

void hostile_take_over(struct hostile *log, uint8_t nonce)
{
    struct event claim = hostile_claim(log, log->next.epoch + 1, nonce);
    struct log_record *record = hostile_put(log, &claim);
    log->next = (struct fold_state){
        .epoch = claim.meta.epoch,
        .nonce = claim.meta.nonce,
        .head = fold_hash(&log->next.head, record->key, record->value),
    };
}

struct event hostile_due(const struct hostile *log)
{
    struct event event = {.kind = EVENT_COMMAND_REJECTED};
    event.meta.epoch = log->next.epoch;
    event.meta.nonce = log->next.nonce;
    event.meta.wseq = log->next.wseq + 1;
    event.meta.prev_hash = log->next.head;
    event.meta.occurred_at = log->time_us;
    event.command_rejected.code = TEXT("X");
    event.command_rejected.message = TEXT("x");
    return event;
}

void hostile_append(struct hostile *log, struct event *event)
{
    struct log_record *record = hostile_put(log, event);
    log->next.wseq++;
    log->next.head = fold_hash(&log->next.head, record->key, record->value);
}

void hostile_append_due(struct hostile *log)
{
    struct event event = hostile_due(log);
    hostile_append(log, &event);
}

void hostile_begin(struct hostile *log, int events)
{
    hostile_create(log);
    hostile_take_over(log, 1);
    for (int i = 0; i < events; i++)
        hostile_append_due(log);
}
