/* What nobody asked for: events of followed services, and that time has passed. */
#include "base/seeded_bug.h"
#include "service/internal.h"

#include <string.h>

enum { RUN_SIZE_MAX = ARENA_SIZE / 4 };

/* What an answer to a followed event inherits from it; the request only where a ticket needs it.
 * The origin stays where the command was decided, and is found by the command's id. */
static void inherit_from_event(struct event *event, const struct event_meta *from)
{
    struct event_meta *meta = &event->meta;
    struct touch *touches = meta->touches;
    size_t touches_count = meta->touches_count;
    bool keeps_request = event_message(event)->answers || event_message(event)->relays;
    *meta = (struct event_meta){
        .has_command_id = from->has_command_id,
        .command_id = from->command_id,
        .has_correlation_id = from->has_correlation_id,
        .correlation_id = from->correlation_id,
        .has_reply_to = from->has_reply_to,
        .reply_to = from->reply_to,
        .has_actor = from->has_actor,
        .actor = from->actor,
        .has_request = keeps_request && from->has_request,
        .request = from->request,
        .has_valid_until = from->has_valid_until,
        .valid_until = from->valid_until,
        .touches = touches,
        .touches_count = touches_count,
    };
}

/* True when the event answers something of this partition that has not been read back: only a
 * writer that was replaced, and does not know it yet, sees such a thing (R6). */
static bool answers_unread(const struct writer *writer, const struct event *event)
{
    for (size_t i = 0; i < event->meta.cause_count && !SEEDED_BUG(UNREAD_CAUSE); i++) {
        const struct cause_run *run = &event->meta.cause[i];
        if (run->partition == writer->place.partition &&
            text_is(run->topic, follower_events_topic(writer->service->id)) &&
            run->last_offset >= writer->own->next_offset)
            return true;
    }
    return false;
}

enum err writer_take_event(struct writer *writer, const struct arrival *arrival, bool *ret_waits)
{
    struct run *run = &writer->run;
    if (run->count == writer->service->run_max || arena_used(run->arena) > RUN_SIZE_MAX) {
        enum err err = writer_answer_run(writer);
        *ret_waits = run->count > 0;
        if (err != OK || *ret_waits)
            return err;
    }
    if (run->count == 0)
        arena_reset(run->arena);
    uint8_t *value = arena_alloc(run->arena, arrival->value.size);
    memcpy(value, arrival->value.data, arrival->value.size);
    struct event *event = &run->events[run->count];
    if (event_decode((struct bytes){value, arrival->value.size}, run->arena, event) != OK)
        return writer_fail(writer, ERR_LOG, "the event at %s/%d offset %lld cannot be read",
                           arrival->topic, arrival->partition, (long long)arrival->offset);
    event->key =
        arena_text(run->arena, (struct text){(const char *)arrival->key.data, arrival->key.size});
    *ret_waits = answers_unread(writer, event);
    if (*ret_waits)
        return OK;
    run->arrivals[run->count] = *arrival;
    run->sources[run->count] = (struct source){.service = arrival->source,
                                               .partition = arrival->partition,
                                               .offset = arrival->offset,
                                               .hash = arrival->hash};
    run->pointers[run->count++] = event;
    return OK;
}

/* The event that answers a run goes on with the trace of its last input that is traced: an event
 * has one place in one tree. The others end here. */
static void trace_run(struct writer *writer)
{
    const struct run *run = &writer->run;
    int64_t now_us = writer->world.clock_us(writer->world.context);
    for (size_t i = 0; i < run->count; i++) {
        if (!run->arrivals[i].trace.sampled)
            continue;
        trace_span_end(&writer->spans.decision, now_us);
        spans_decide(&writer->spans, &run->arrivals[i], &run->arrivals[i].trace,
                     event_message(&run->events[i])->full_name);
    }
}

/* The causes of a run: one for each source, from its first to its last input. */
static size_t causes_of_run(const struct run *run, struct cause_run *ret_causes)
{
    size_t count = 0;
    for (size_t i = 0; i < run->count; i++) {
        struct cause_run next = writer_cause_of(&run->arrivals[i]);
        size_t j = 0;
        while (j < count && !(ret_causes[j].partition == next.partition &&
                              text_equal(ret_causes[j].topic, next.topic)))
            j++;
        if (j == count)
            count++;
        else
            next.first_offset = ret_causes[j].first_offset;
        ret_causes[j] = next;
    }
    return count;
}

enum err writer_answer_run(struct writer *writer)
{
    struct run *run = &writer->run;
    struct event *event = &writer->event;
    bool due = false;
    if (run->count == 0)
        return OK;
    int64_t now_us = writer_now_us(writer);
    enum err err = writer_answer_time(writer, now_us, &due);
    if (err != OK || due)
        return err;
    struct input input = {.kind = INPUT_EVENTS,
                          .now_us = now_us,
                          .events = run->pointers,
                          .sources = run->sources,
                          .events_count = run->count};
    arena_reset(writer->arena);
    trace_run(writer);
    writer_make_seed(writer->own->incarnation, &writer->place, &run->arrivals[run->count - 1],
                     input.id_seed);
    memset(event, 0, sizeof *event);
    event->key = run->events[0].key;
    writer->service->decide(writer->state, &input, writer->arena, event);
    if (writer->service->run_max == 1)
        inherit_from_event(event, &run->events[0].meta);
    struct cause_run *causes = ARENA_NEW(writer->arena, struct cause_run, run->count);
    size_t causes_count = causes_of_run(run, causes);
    run->count = 0;
    return writer_append(writer, event, causes, causes_count, input.id_seed, input.now_us);
}

static struct partition_head head_of(const struct fold *fold)
{
    return (struct partition_head){.service = text_of(service_name(fold->service)),
                                   .partition = fold->partition,
                                   .next_offset = fold->next_offset,
                                   .head = fold->state.head};
}

/* How far the own partition has been read back, and each that is followed has been read. */
static void set_heads(const struct writer *writer, struct input *input)
{
    const struct service *service = writer->service;
    size_t count = 1;
    for (size_t i = 0; i < service->follows_count; i++)
        count += (size_t)writer->place.partition_counts[service->follows[i]];
    struct partition_head *heads = ARENA_NEW(writer->arena, struct partition_head, count);
    for (size_t i = 0; i < service->follows_count; i++) {
        enum service_id followed = service->follows[i];
        for (int32_t p = 0; p < writer->place.partition_counts[followed]; p++) {
            const struct fold *fold = follower_fold(writer->follower, followed, p);
            heads[input->heads_count++] = head_of(fold);
        }
    }
    heads[input->heads_count++] = head_of(writer->own);
    CHECK(input->heads_count == count);
    input->heads = heads;
}

/* One event for the next that is due. */
static enum err answer_tick(struct writer *writer, int64_t now_us)
{
    struct input input = {.kind = INPUT_TIME, .now_us = now_us};
    struct arrival tick = {
        .topic = "clock", .partition = writer->place.partition, .offset = ++writer->clock_count};
    struct cause_run cause = writer_cause_of(&tick);
    arena_reset(writer->arena);
    writer_make_seed(writer->own->incarnation, &writer->place, &tick, input.id_seed);
    if (writer->service->takes_heads)
        set_heads(writer, &input);
    memset(&writer->event, 0, sizeof writer->event);
    writer->service->decide(writer->state, &input, writer->arena, &writer->event);
    return writer_append(writer, &writer->event, &cause, 1, input.id_seed, now_us);
}

enum err writer_answer_time(struct writer *writer, int64_t now_us, bool *ret_due)
{
    const struct service *service = writer->service;
    enum err err = OK;
    *ret_due = false;
    while (err == OK && service->due_us != NULL && service->due_us(writer->state) <= now_us) {
        *ret_due = writer->expected_count >= EXPECTED_HIGH;
        if (*ret_due)
            return OK;
        err = answer_tick(writer, now_us);
    }
    return err;
}
