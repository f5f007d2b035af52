/* What comes in, in which order it is answered, and what has to wait for what. */
#include "base/crash.h"
#include "base/seeded_bug.h"
#include "eventlog/headers.h"
#include "service/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BURST_MAX = 1000, READ_BACK_WAIT_MAX_US = 10000000 };

static struct bytes copy_bytes(struct bytes bytes)
{
    uint8_t *copy = malloc(bytes.size + 1);
    CHECK(copy != NULL);
    if (bytes.size > 0)
        memcpy(copy, bytes.data, bytes.size);
    return (struct bytes){.data = copy, .size = bytes.size};
}

static enum err answer(struct writer *writer, const struct arrival *arrival, bool *ret_waits)
{
    return arrival->is_event ? writer_take_event(writer, arrival, ret_waits)
                             : writer_answer_command(writer, arrival, ret_waits);
}

static bool same_source(const struct arrival *a, const struct arrival *b)
{
    return a->partition == b->partition && strcmp(a->topic, b->topic) == 0;
}

/* True when an earlier input of the same source is still among the first `count` waiting ones. */
static bool source_waits(const struct writer *writer, const struct arrival *arrival, size_t count)
{
    for (size_t i = 0; i < count && !SEEDED_BUG(OVERTAKING); i++) {
        if (same_source(&writer->waiting[i], arrival))
            return true;
    }
    return false;
}

/* Answers what no longer has to wait; inputs of one source stay in order. */
static enum err answer_waiting(struct writer *writer)
{
    size_t kept = 0;
    enum err err = OK;
    for (size_t i = 0; i < writer->waiting_count; i++) {
        struct arrival *arrival = &writer->waiting[i];
        bool waits = true;
        if (err == OK && !source_waits(writer, arrival, kept))
            err = answer(writer, arrival, &waits);
        if (waits) {
            writer->waiting[kept++] = *arrival;
            continue;
        }
        free((void *)(uintptr_t)arrival->key.data);
        free((void *)(uintptr_t)arrival->value.data);
    }
    writer->waiting_count = kept;
    return err;
}

static enum err take_in(struct writer *writer, const struct arrival *arrival)
{
    CRASH_POINT("after_poll");
    bool waits = writer->waiting_count > 0 && source_waits(writer, arrival, writer->waiting_count);
    if (!waits) {
        enum err err = answer(writer, arrival, &waits);
        if (err != OK || !waits)
            return err;
    }
    CHECK(writer->waiting_count < WAITING_MAX);
    struct arrival *kept = &writer->waiting[writer->waiting_count++];
    *kept = *arrival;
    kept->key = copy_bytes(arrival->key);
    kept->value = copy_bytes(arrival->value);
    return OK;
}

static struct arrival arrival_of(const struct writer *writer, const struct followed *followed)
{
    const struct log_record *record = &followed->record;
    struct arrival arrival = {
        .partition = record->partition,
        .offset = record->offset,
        .arrived_us = writer->world.clock_us(writer->world.context),
        .key = record->key,
        .value = record->value,
        .hash = fold_record_hash(record->key, record->value),
    };
    CHECK(record->topic.size < sizeof arrival.topic);
    memcpy(arrival.topic, record->topic.data, record->topic.size);
    if (followed->fold != NULL) {
        arrival.is_event = true;
        arrival.source = followed->fold->service;
        arrival.fold = followed->fold->state;
        if (trace_is_on()) /* else it costs a look at each header */
            arrival.trace = spans_context(headers_get(record, "traceparent"));
    }
    return arrival;
}

static enum err dispatch(struct writer *writer, const struct followed *followed)
{
    if (followed->fold == writer->own)
        return writer_own_record(writer, followed);
    if (followed->fold != NULL) {
        if (!uuid_equal(followed->fold->incarnation, writer->own->incarnation))
            return writer_fail(writer, ERR_LOG, "%s/%d is of another log than this partition",
                               follower_events_topic(followed->fold->service),
                               followed->fold->partition);
        bool counts = followed->verdict == FOLD_VALID ||
                      (SEEDED_BUG(FOLLOWER_UNFOLDED) && followed->event != NULL);
        if (!counts ||
            !headers_touch(&followed->record, writer->service->id, writer->place.partition))
            return OK;
    }
    struct arrival arrival = arrival_of(writer, followed);
    return take_in(writer, &arrival);
}

/* True when something that was let in below `low` is to be held back from `high` on. */
static bool hold_back(bool held, size_t count, size_t low, size_t high)
{
    return held ? count > low : count >= high;
}

/* Followed events that wait for own records. */
static size_t waiting_events(const struct writer *writer)
{
    size_t count = 0;
    for (size_t i = 0; i < writer->waiting_count; i++)
        count += writer->waiting[i].is_event;
    return count;
}

/* Keeps what waits, and what is not read back yet, within their bounds: the broker keeps the rest.
 * Commands alone are held back where commands wait, since they wait for events; events too where
 * events wait, since they wait for own records, which are never held back. */
static void bound_inputs(struct writer *writer)
{
    bool inputs =
        writer->draining ||
        hold_back(writer->inputs_paused, writer->expected_count, EXPECTED_HIGH / 2,
                  EXPECTED_HIGH) ||
        hold_back(writer->inputs_paused, waiting_events(writer), WAITING_MAX / 8, WAITING_MAX / 4);
    bool commands = inputs || hold_back(writer->commands_paused, writer->waiting_count,
                                        WAITING_MAX / 4, WAITING_MAX / 2);
    if (inputs != writer->inputs_paused)
        follower_pause_events(writer->follower, writer->own, inputs);
    if (commands != writer->commands_paused)
        follower_pause_commands(writer->follower, commands);
    writer->inputs_paused = inputs;
    writer->commands_paused = commands;
}

/* Takes in what is there, up to a burst; waits only for the first. */
static enum err take_burst(struct writer *writer, int timeout_ms)
{
    bound_inputs(writer);
    for (int i = 0; i < BURST_MAX; i++) {
        struct followed followed;
        enum err err = follower_poll(writer->follower, i == 0 ? timeout_ms : 0, &followed);
        if (err == ERR_TIMEOUT || err == ERR_BUSY)
            return OK;
        if (err == ERR_LOG)
            return writer_fail(writer, err, "%s", follower_problem(writer->follower));
        if (err == OK)
            err = dispatch(writer, &followed);
        if (err != OK)
            return err;
    }
    return OK;
}

/* R4: an own record that is not read back although the log's end has been read is doubt. */
static enum err check_read_back(struct writer *writer)
{
    int64_t clock_us = writer->world.clock_us(writer->world.context);
    if (writer->expected_count == 0) {
        writer->expected_since_us = clock_us;
        return OK;
    }
    if (clock_us - writer->expected_since_us < READ_BACK_WAIT_MAX_US ||
        log_writer_waiting(writer->out) > 0)
        return OK;
    int64_t start = 0, end = 0;
    enum err err = log_ends(writer->world.log, follower_events_topic(writer->service->id),
                            writer->place.partition, &start, &end);
    if (err == OK && writer->own->next_offset >= end && !SEEDED_BUG(DOUBT_IGNORED))
        return writer_fail(writer, ERR_DOUBT, "an own record was confirmed but is not in the log");
    writer->expected_since_us = clock_us;
    return OK;
}

/* Answers what waited for others, and that time has passed. */
static enum err answer_rest(struct writer *writer)
{
    bool due = false;
    enum err err = answer_waiting(writer);
    if (err == OK)
        err = writer_answer_run(writer);
    return err == OK ? writer_answer_time(writer, writer_now_us(writer), &due) : err;
}

enum err writer_step(struct writer *writer, int timeout_ms, size_t *ret_decided)
{
    CHECK(writer->owner);
    writer->decided = 0;
    enum err err =
        take_burst(writer, writer->waiting_count > 0 && !writer->draining ? 1 : timeout_ms);
    if (err == OK)
        err = writer_answer_run(writer);
    if (err == OK && !writer->draining)
        err = answer_rest(writer);
    if (err == OK)
        err = log_writer_push(writer->out);
    if (err == ERR_DOUBT && SEEDED_BUG(DOUBT_IGNORED))
        err = OK;
    if (err == ERR_DOUBT && writer->problem[0] == 0)
        writer_fail(writer, err, "an append was not confirmed as persisted");
    if (err == OK)
        err = check_read_back(writer);
    *ret_decided = writer->decided;
    return err;
}
