#include "service/writer.h"

#include "base/crash.h"
#include "base/seeded_bug.h"
#include "seal/seal.h"
#include "service/clock.h"
#include "service/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef BOURSE_VERSION
#define BOURSE_VERSION "0.0.0"
#endif

enum err writer_fail(struct writer *writer, enum err err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(writer->problem, sizeof writer->problem, format, args);
    va_end(args);
    return err;
}

const char *writer_problem(const struct writer *writer)
{
    return writer->problem;
}

static void *zeroed(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    CHECK(memory != NULL);
    return memory;
}

static void run_init(struct run *run, size_t run_max)
{
    run->events = zeroed(run_max, sizeof *run->events);
    run->pointers = zeroed(run_max, sizeof(struct event *));
    run->sources = zeroed(run_max, sizeof *run->sources);
    run->arrivals = zeroed(run_max, sizeof *run->arrivals);
    run->arena = arena_new(ARENA_SIZE);
}

static void run_free(struct run *run)
{
    free(run->events);
    free(run->pointers);
    free(run->sources);
    free(run->arrivals);
    arena_free(run->arena);
}

struct writer *writer_new(const struct service *service, int32_t partition,
                          const struct writer_world *world)
{
    struct writer *writer = zeroed(1, sizeof *writer);
    writer->service = service;
    writer->world = *world;
    writer->place = (struct place){
        .service = service->id, .partition = partition, .piece_max = world->piece_max};
    writer->follower = follower_open(world->log, service->pace);
    writer->out = log_writer_open(world->log);
    writer->state = service->state_new(&writer->place);
    writer->memory = memory_new();
    writer->expected = zeroed(EXPECTED_MAX, sizeof *writer->expected);
    writer->recent = zeroed(FOLD_APPENDED_MAX, sizeof *writer->recent);
    writer->waiting = zeroed(WAITING_MAX, sizeof *writer->waiting);
    writer->arena = arena_new(ARENA_SIZE);
    run_init(&writer->run, service->run_max);
    buffer_init(&writer->value, WIRE_VALUE_SIZE_MAX);
    return writer;
}

void writer_free(struct writer *writer)
{
    if (writer == NULL)
        return;
    log_writer_close(writer->out);
    follower_close(writer->follower);
    writer->service->state_free(writer->state);
    memory_free(writer->memory);
    attempts_close(writer->attempts);
    for (size_t i = 0; i < writer->waiting_count; i++) {
        free((void *)(uintptr_t)writer->waiting[i].key.data);
        free((void *)(uintptr_t)writer->waiting[i].value.data);
    }
    free(writer->waiting);
    free(writer->expected);
    for (size_t i = 0; i < FOLD_APPENDED_MAX; i++)
        kept_free(&writer->recent[i].record);
    free(writer->recent);
    run_free(&writer->run);
    arena_free(writer->arena);
    buffer_free(&writer->value);
    kept_free(&writer->last);
    spans_free(&writer->spans);
    free(writer);
}

int64_t writer_now_us(const struct writer *writer)
{
    int64_t clock_us = writer->world.clock_us(writer->world.context);
    bool behind = clock_us < writer->ahead_occurred_at && !SEEDED_BUG(TIME_BACKWARDS);
    return behind ? writer->ahead_occurred_at : clock_us;
}

bool writer_stopping(const struct writer *writer)
{
    return writer->world.stopping != NULL && writer->world.stopping(writer->world.context);
}

void writer_drain(struct writer *writer, bool drain)
{
    writer->draining = drain;
}

int64_t writer_offset(const struct writer *writer)
{
    return writer->own->next_offset;
}

const void *writer_state(const struct writer *writer)
{
    return writer->state;
}

bool writer_settled(const struct writer *writer)
{
    return writer->expected_count == 0 || SEEDED_BUG(SNAPSHOT_UNSETTLED);
}

struct hash writer_state_hash(const struct writer *writer)
{
    struct buffer buffer;
    struct hash hash;
    buffer_init(&buffer, SIZE_MAX);
    writer->service->save(writer->state, &buffer);
    seal_hash_of(buffer.data, buffer.size, hash.bytes);
    buffer_free(&buffer);
    return hash;
}

void writer_apply(struct writer *writer, const struct event *event)
{
    if (event->kind == EVENT_LOG_CREATED)
        memcpy(writer->place.partition_counts, writer->own->partition_counts,
               sizeof writer->place.partition_counts);
    writer->service->apply(writer->state, event);
    memory_apply(writer->memory, event);
}

/* Reads the own partition until `done` or for `timeout_ms`; nothing else is followed yet. */
static enum err read_own(struct writer *writer, int timeout_ms, int64_t until_offset)
{
    int64_t deadline_us =
        writer->world.clock_us(writer->world.context) + timeout_ms * INT64_C(1000);
    while (!writer->owner && writer->own->next_offset < until_offset) {
        struct followed followed;
        if (writer_stopping(writer))
            return writer_fail(writer, ERR_TIMEOUT, "asked to stop while reading the log");
        enum err err = follower_poll(writer->follower, 100, &followed);
        if (err == ERR_LOG)
            return writer_fail(writer, err, "%s", follower_problem(writer->follower));
        if (err == OK)
            err = writer_own_record(writer, &followed);
        if (err == OK)
            continue;
        if (err != ERR_TIMEOUT && err != ERR_BUSY)
            return err;
        if (timeout_ms > 0 && writer->world.clock_us(writer->world.context) > deadline_us)
            return writer_fail(writer, ERR_TIMEOUT, "the log could not be read in time");
    }
    return OK;
}

/* R5: what LogCreated says of a service's partitions is what its topic has. */
static enum err check_count(struct writer *writer, enum service_id service)
{
    const char *topic = follower_events_topic(service);
    int32_t created = writer->place.partition_counts[service], found = 0;
    enum err err = log_partition_count(writer->world.log, topic, &found);
    if (err == ERR_BUSY)
        return writer_fail(writer, err, "the partitions of %s are not known", topic);
    if (err != OK || found != created)
        return writer_fail(writer, ERR_LOG,
                           "%s has %d partitions, but the log was created with %d: topics of this "
                           "log cannot get others",
                           topic, found, created);
    return OK;
}

static enum err check_counts(struct writer *writer)
{
    const struct service *service = writer->service;
    enum err err = check_count(writer, service->id);
    for (size_t i = 0; err == OK && i < service->follows_count; i++)
        err = check_count(writer, service->follows[i]);
    return err;
}

enum err writer_recover(struct writer *writer, struct bytes snapshot)
{
    enum service_id service = writer->service->id;
    int32_t partition = writer->place.partition;
    int64_t start = 0, end = 0;
    enum err err = attempts_open(writer->world.attempts_path, &writer->attempts);
    if (err != OK)
        return writer_fail(writer, err, "cannot keep notes at %s", writer->world.attempts_path);
    err = log_ends(writer->world.log, follower_events_topic(service), partition, &start, &end);
    if (err != OK)
        return writer_fail(writer, err, "the ends of %s/%d are not known: %s",
                           follower_events_topic(service), partition, err_text(err));
    if (end == 0)
        return writer_fail(writer, ERR_LOG, "%s/%d is empty: run `bourse init` first",
                           follower_events_topic(service), partition);
    char problem[LANDMARK_PROBLEM_SIZE];
    err = landmark_before(&writer->world.projected, service, partition, end, problem);
    if (err != OK)
        return writer_fail(writer, err, "%s", problem);
    err = snapshot.size > 0 ? writer_restore(writer, snapshot)
                            : follower_begin(writer->follower, service, partition);
    if (err == ERR_LOG)
        return writer_fail(writer, err, "%s", follower_problem(writer->follower));
    if (err != OK)
        return err;
    writer->own = follower_fold(writer->follower, service, partition);
    err = read_own(writer, 0, end);
    return err == OK ? check_counts(writer) : err;
}

/* Appends the claim of the next epoch. */
static enum err append_claim(struct writer *writer)
{
    struct event claim = {.kind = EVENT_WRITER_CLAIMED};
    uint8_t seed[32];
    writer->world.random(writer->world.context, &writer->ahead.nonce, sizeof writer->ahead.nonce);
    writer->world.random(writer->world.context, seed, sizeof seed);
    writer->ahead.epoch = writer->own->state.epoch + 1;
    writer->ahead.wseq = -1; /* a claim has 0, the first event behind it 1 */
    writer->ahead.head = writer->own->state.head;
    writer->ahead_occurred_at = writer->own->occurred_at;
    writer->claimed_us = writer->world.clock_us(writer->world.context);
    claim.key = TEXT("");
    claim.writer_claimed = (struct writer_claimed){.min_reader = FOLD_READER_VERSION,
                                                   .code_version = TEXT(BOURSE_VERSION)};
    return writer_append(writer, &claim, NULL, 0, seed, writer_now_us(writer));
}

/* Follows the commands from where the last one was answered, or behind those that are lost. */
static enum err follow_commands(struct writer *writer)
{
    enum service_id service = writer->service->id;
    int32_t partition = writer->place.partition;
    struct fold_source lost;
    enum err err = writer_answer_lost(writer, &lost);
    if (err == OK)
        return follower_commands(writer->follower, service, partition, &lost);
    if (err != ERR_NOT_FOUND)
        return err;
    const struct text topic = text_of(follower_commands_topic(service));
    return follower_commands(writer->follower, service, partition,
                             fold_source(writer->own, topic, partition));
}

/* Follows each source from where its last input was answered. */
static enum err follow_sources(struct writer *writer)
{
    const struct service *service = writer->service;
    int32_t partition = writer->place.partition;
    enum err err = follow_commands(writer);
    for (size_t i = 0; err == OK && i < service->follows_count; i++) {
        enum service_id followed = service->follows[i];
        const char *topic = follower_events_topic(followed);
        for (int32_t p = 0; err == OK && p < writer->place.partition_counts[followed]; p++) {
            if (followed == service->id && p == partition)
                continue; /* its own events are in its state already */
            if (writer_stopping(writer))
                return writer_fail(writer, ERR_TIMEOUT, "asked to stop while finding the sources");
            const struct fold_source *source = fold_source(writer->own, text_of(topic), p);
            err = source == NULL ? follower_begin(writer->follower, followed, p)
                                 : follower_resume(writer->follower, followed,
                                                   writer->own->incarnation, source);
        }
    }
    if (err == ERR_LOG && writer->problem[0] == 0)
        return writer_fail(writer, err, "%s", follower_problem(writer->follower));
    return err;
}

enum err writer_claim(struct writer *writer, int timeout_ms)
{
    enum err err = append_claim(writer);
    if (err == OK && (err = log_writer_push(writer->out)) != OK)
        writer_fail(writer, err, "the claim was not confirmed as persisted");
    CRASH_POINT("during_claim");
    writer->owner |= SEEDED_BUG(CLAIM_UNREAD);
    if (err == OK)
        err = read_own(writer, timeout_ms, INT64_MAX);
    if (err != OK)
        return err;
    const struct fold_source *clock =
        fold_source(writer->own, TEXT("clock"), writer->place.partition);
    writer->clock_count = clock == NULL ? 0 : clock->offset;
    writer->ahead_occurred_at = writer->own->occurred_at;
    return follow_sources(writer);
}

/* A claim has been read: ours makes us the owner, another's ends us. */
static enum err own_claim(struct writer *writer, const struct followed *followed)
{
    const struct event_meta *meta = &followed->event->meta;
    bool ours = memcmp(&meta->nonce, &writer->ahead.nonce, sizeof meta->nonce) == 0 &&
                meta->epoch == writer->ahead.epoch;
    if (!ours && (writer->owner || meta->epoch == writer->ahead.epoch))
        return writer_fail(writer, ERR_FENCED, "another writer claimed epoch %lld",
                           (long long)meta->epoch);
    if (!ours)
        return OK;
    /* The broker stamped it somewhen between its append and its read-back. */
    int64_t apart_us = clock_apart_us(writer->claimed_us, followed->record.timestamp_us,
                                      writer->world.clock_us(writer->world.context));
    if (clock_is_wrong(apart_us) && !SEEDED_BUG(CLOCK_TRUSTED))
        return writer_fail(writer, ERR_CONFIG,
                           "the clock here and the broker's are %lld ms apart: set them right",
                           (long long)(apart_us / 1000));
    CRASH_POINT("after_claim");
    writer->owner = true;
    writer->own->appended = writer->recent;
    writer->ahead = writer->own->state; /* behind what the old writer still appended before it */
    writer->expected_first = 0;
    writer->expected_count = 0;
    return OK;
}

/* A valid event of the own partition, while we own it: must be the next one we appended. */
static enum err own_expected(struct writer *writer)
{
    CRASH_POINT("before_read_back");
    const struct hash *next = &writer->expected[writer->expected_first];
    if (writer->expected_count == 0 || memcmp(next, &writer->own->state.head, sizeof *next) != 0)
        return writer_fail(writer, ERR_DOUBT,
                           "a valid event at offset %lld is not the one expected next",
                           (long long)writer->own->next_offset - 1);
    writer->expected_first = (writer->expected_first + 1) % EXPECTED_MAX;
    writer->expected_count--;
    CRASH_POINT("after_read_back");
    writer->expected_since_us = writer->world.clock_us(writer->world.context);
    spans_read_back(&writer->spans, writer->own->state.wseq, writer->expected_since_us);
    return OK;
}

/* A void record with our nonce: a copy of one of ours that counted is harmless, anything else is
 * doubt; above all one of ours that does not count because one before it was lost. */
static enum err own_inert(struct writer *writer, const struct followed *followed)
{
    if (!writer->owner || followed->event == NULL || SEEDED_BUG(DOUBT_IGNORED))
        return OK;
    const struct event_meta *meta = &followed->event->meta;
    if (meta->epoch != writer->ahead.epoch ||
        memcmp(&meta->nonce, &writer->ahead.nonce, sizeof meta->nonce) != 0)
        return OK;
    struct hash head = fold_hash(&meta->prev_hash, followed->record.key, followed->record.value);
    const struct hash *known = &writer->recent[(uint64_t)meta->wseq % FOLD_APPENDED_MAX].head;
    if (meta->wseq <= writer->own->state.wseq && memcmp(&head, known, sizeof head) == 0)
        return OK;
    return writer_fail(writer, ERR_DOUBT, "an own record at offset %lld does not count: %s",
                       (long long)followed->record.offset, writer->own->reason);
}

enum err writer_own_record(struct writer *writer, const struct followed *followed)
{
    char problem[LANDMARK_PROBLEM_SIZE];
    enum err err =
        landmark_is(&writer->world.projected, writer->service->id, &followed->record, problem);
    if (err != OK)
        return writer_fail(writer, err, "%s", problem);
    kept_take(&writer->last, followed->record.key, followed->record.value);
    if (SEEDED_BUG(CLAIM_UNREAD) && writer->owner && followed->verdict == FOLD_CLAIM)
        return own_expected(writer);
    switch (followed->verdict) {
    case FOLD_CLAIM: return own_claim(writer, followed);
    case FOLD_INERT: return own_inert(writer, followed);
    case FOLD_STOP: return ERR_LOG;
    case FOLD_VALID: break;
    }
    if (writer->owner)
        return own_expected(writer);
    if (event_decode_rest(followed->fold->rest, followed->arena, followed->event) != OK)
        return writer_fail(writer, ERR_LOG, "the event at offset %lld cannot be read",
                           (long long)followed->record.offset);
    writer_apply(writer, followed->event);
    return OK;
}
