/* One input, one event: the general refusals, the service's decision, the meta, the append. */
#include "base/crash.h"
#include "base/murmur2.h"
#include "base/seeded_bug.h"
#include "base/time.h"
#include "eventlog/headers.h"
#include "seal/seal.h"
#include "service/internal.h"

#include <stdio.h>
#include <string.h>

enum { KEPT_HOURS_MAX = 24, APPEND_WAIT_MAX_MS = 60000, FLUSH_MS = 500 };

/* The last index of all, so that no id a decision gives is an event's. */
#define EVENT_ID_INDEX UINT32_MAX

void writer_make_seed(struct uuid incarnation, const struct place *place,
                      const struct arrival *arrival, uint8_t ret_seed[32])
{
    struct seal_hash hash;
    int64_t places[3] = {arrival->offset, arrival->partition,
                         (int64_t)place->service << 32 | place->partition};
    seal_hash_begin(&hash);
    seal_hash_add(&hash, &incarnation, sizeof incarnation);
    seal_hash_add(&hash, arrival->hash.bytes, sizeof arrival->hash.bytes);
    seal_hash_add(&hash, arrival->topic, strlen(arrival->topic));
    seal_hash_add(&hash, places, sizeof places);
    seal_hash_end(&hash, ret_seed);
}

struct cause_run writer_cause_of(const struct arrival *arrival)
{
    return (struct cause_run){
        .topic = text_of(arrival->topic),
        .partition = arrival->partition,
        .first_offset = arrival->offset,
        .last_offset = arrival->offset,
        .cause_hash = arrival->hash,
        .has_fold = arrival->is_event,
        .fold = SEEDED_BUG(BARE_OFFSET) ? (struct fold_state){0} : arrival->fold,
    };
}

static void fill_meta(struct writer *writer, struct event *event, const struct cause_run *causes,
                      size_t causes_count, const uint8_t id_seed[32], int64_t now_us)
{
    struct event_meta *meta = &event->meta;
    struct input ids = {0};
    memcpy(ids.id_seed, id_seed, sizeof ids.id_seed);
    meta->incarnation = writer->own->incarnation;
    meta->event_id = input_id(&ids, murmur2(event->key.data, event->key.size), EVENT_ID_INDEX);
    meta->service = text_of(service_name(writer->service->id));
    meta->partition = writer->place.partition;
    meta->epoch = writer->ahead.epoch;
    meta->nonce = writer->ahead.nonce;
    meta->wseq = writer->ahead.wseq + 1;
    meta->prev_hash = writer->ahead.head;
    meta->occurred_at = now_us;
    struct cause_run *copies = ARENA_NEW(writer->arena, struct cause_run, causes_count);
    if (causes_count > 0)
        memcpy(copies, causes, causes_count * sizeof *copies);
    meta->cause = copies;
    meta->cause_count = causes_count;
    if (event_message(event)->answers && writer->service->id != SERVICE_AUDIT)
        event_touch(event, writer->arena, SERVICE_AUDIT, 0);
}

/* Waits until everything appended is in the log. */
static enum err flush(struct writer *writer)
{
    enum err err = ERR_TIMEOUT;
    for (int waited_ms = 0;
         err == ERR_TIMEOUT && waited_ms < APPEND_WAIT_MAX_MS && !writer_stopping(writer);
         waited_ms += FLUSH_MS)
        err = log_writer_flush(writer->out, FLUSH_MS);
    return err;
}

/* Hands a record to the log writer; where that is full, waits for it to be rid of some. */
static enum err hand_over(struct writer *writer, struct bytes key, struct bytes value,
                          const struct log_header *headers, size_t headers_count)
{
    const char *topic = follower_events_topic(writer->service->id);
    enum err err = log_writer_append(writer->out, topic, writer->place.partition, key, value,
                                     headers, headers_count);
    if (err == ERR_FULL && (err = flush(writer)) == OK)
        err = log_writer_append(writer->out, topic, writer->place.partition, key, value, headers,
                                headers_count);
    if (err == OK)
        return OK;
    return writer_fail(writer, ERR_DOUBT, "cannot append to %s/%d: %s", topic,
                       writer->place.partition, err_text(err));
}

/* Applies what was just encoded, read from its bytes as a replay will read it: what decide() made
 * may point into the state that is about to change. */
static void apply_encoded(struct writer *writer, struct text key)
{
    CHECK(event_decode(buffer_bytes(&writer->value), writer->arena, &writer->applied) == OK);
    writer->applied.key = key;
    writer_apply(writer, &writer->applied);
}

/* Keeps what was just appended until it is read back. */
static void remember(struct writer *writer, struct bytes key, struct bytes value)
{
    struct fold_appended *recent =
        &writer->recent[(uint64_t)writer->ahead.wseq % FOLD_APPENDED_MAX];
    recent->head = writer->ahead.head;
    if (value.size <= RECENT_VALUE_MAX)
        kept_take(&recent->record, key, value);
    else
        kept_free(&recent->record);
}

enum err writer_append(struct writer *writer, struct event *event, const struct cause_run *causes,
                       size_t causes_count, const uint8_t id_seed[32], int64_t now_us)
{
    struct log_header headers[LOG_HEADERS_MAX];
    CRASH_POINT("after_decide");
    event->key = arena_text(writer->arena, event->key); /* may point into the state, too */
    fill_meta(writer, event, causes, causes_count, id_seed, now_us);
    size_t headers_count = headers_of_event(event, writer->arena, headers);
    spans_append(&writer->spans, follower_events_topic(writer->service->id), event,
                 writer->world.clock_us(writer->world.context), writer->arena, headers,
                 &headers_count);
    buffer_reset(&writer->value);
    event_encode(event, &writer->value);
    CHECK(buffer_ok(&writer->value)); /* R12: events are bounded where they are decided */
    struct bytes key = {(const uint8_t *)event->key.data, event->key.size};
    struct bytes value = buffer_bytes(&writer->value);
    enum err err = hand_over(writer, key, value, headers, headers_count);
    if (err != OK)
        return err;
    CRASH_POINT("after_append");
    CHECK(writer->expected_count < EXPECTED_MAX);
    writer->ahead.head = fold_hash(&writer->ahead.head, key, value);
    writer->ahead.wseq++;
    writer->ahead_occurred_at = now_us;
    size_t last = (writer->expected_first + writer->expected_count++) % EXPECTED_MAX;
    writer->expected[last] = writer->ahead.head;
    remember(writer, key, value);
    writer->decided++;
    if (event->kind != EVENT_WRITER_CLAIMED)
        apply_encoded(writer, event->key);
    return OK;
}

void writer_inherit(struct event_meta *meta, const struct command *command)
{
    const struct command_meta *from = &command->meta;
    meta->has_command_id = true;
    meta->command_id = from->command_id;
    meta->has_correlation_id = true;
    meta->correlation_id = from->correlation_id;
    meta->has_reply_to = from->has_reply_to;
    meta->reply_to = from->reply_to;
    meta->has_actor = from->has_actor;
    meta->actor = from->actor;
    meta->has_origin = from->has_origin;
    meta->origin = from->origin;
    meta->has_idempotency = from->has_idempotency;
    meta->idempotency = from->idempotency;
    meta->has_valid_until = true;
    meta->valid_until = from->valid_until;
}

/* True when an input at or before that position is here but has to wait itself. */
static bool waits_here(const struct writer *writer, const struct position *shown)
{
    for (size_t i = 0; i < writer->waiting_count; i++) {
        const struct arrival *arrival = &writer->waiting[i];
        if (arrival->partition == shown->partition && arrival->offset <= shown->offset &&
            text_is(shown->topic, arrival->topic))
            return true;
    }
    return false;
}

static bool follows(const struct writer *writer, enum service_id service, int32_t partition)
{
    if (service == writer->service->id && partition == writer->place.partition)
        return false;
    for (size_t i = 0; i < writer->service->follows_count; i++) {
        if (writer->service->follows[i] == service)
            return partition >= 0 && partition < writer->place.partition_counts[service];
    }
    return false;
}

/* True when the writer has answered all that the caller of a command had been shown of the logs
 * that it follows. */
static bool has_seen(struct writer *writer, const struct command_meta *meta)
{
    for (size_t i = 0; i < meta->after_count && !SEEDED_BUG(FORGOTTEN_AFTER); i++) {
        const struct position *shown = &meta->after[i];
        enum service_id service;
        if (follower_topic_service(shown->topic, &service) != OK ||
            !follows(writer, service, shown->partition))
            continue;
        const struct fold *fold = follower_fold(writer->follower, service, shown->partition);
        if (fold->next_offset <= shown->offset || waits_here(writer, shown))
            return false;
    }
    return true;
}

/* True when the id of a command that has not expired would have to be remembered for too long. */
static bool is_kept_too_long(const struct command_meta *meta, int64_t now_us)
{
    const int64_t kept_us = KEPT_HOURS_MAX * 3600 * SECOND_US;
    int64_t span_us = 0;
    return __builtin_sub_overflow(meta->valid_until, meta->received_at, &span_us) ||
           span_us > kept_us || meta->valid_until - now_us > kept_us;
}

/* The refusals that are the same in every service; true when `event` is one. */
static bool refuse_generally(struct writer *writer, const struct arrival *arrival, int64_t now_us,
                             struct event *event)
{
    const struct command *command = &writer->command;
    const struct command_meta *meta = &command->meta;
    struct place *place = &writer->place;
    struct uuid first;
    if (place_partition(place, place->service, command->key) != place->partition) {
        event_reject(event, "VALIDATION_FAILED", TEXT("the record is in another key's partition"),
                     NULL);
        return true;
    }
    if (meta->valid_until < now_us && !SEEDED_BUG(EXPIRED_EXECUTED)) {
        event_reject(event, "COMMAND_EXPIRED",
                     TEXT("the command came after its valid_until and was not executed"), NULL);
        return true;
    }
    if (is_kept_too_long(meta, now_us)) {
        event_reject(event, "VALIDATION_FAILED",
                     TEXT("valid_until lies more than 24 hours after received_at, or after now"),
                     NULL);
        return true;
    }
    switch (memory_judge(writer->memory, meta, &first)) {
    case MEMORY_REPEATED:
        event->kind = EVENT_COMMAND_REPEATED;
        event->command_repeated.first_command_id = first;
        return true;
    case MEMORY_KEY_REUSED:
        event_reject(event, "IDEMPOTENCY_KEY_REUSED",
                     TEXT("this Idempotency-Key was used with another body: use a new key"), NULL);
        return true;
    case MEMORY_NEW: break;
    }
    if (!attempts_begin(writer->attempts, arrival->offset)) {
        event_reject(event, "COMMAND_POISON",
                     TEXT("deciding this command failed repeatedly; it was set aside"), NULL);
        return true;
    }
    return false;
}

static void decide_probe(const struct command *command, int64_t now_us, struct event *event)
{
    const struct probe_command *probe = &command->probe_command;
    bool closed = probe->probed_valid_until < now_us || SEEDED_BUG(EARLY_CLOSED);
    event->kind = EVENT_COMMAND_PROBED;
    event->command_probed = (struct command_probed){
        .probed_command_id = probe->probed_command_id,
        .state = closed ? PROBE_STATE_CLOSED : PROBE_STATE_EARLY,
    };
}

static void decide_command(struct writer *writer, const struct arrival *arrival,
                           const uint8_t seed[32], int64_t now_us)
{
    struct event *event = &writer->event;
    size_t size = arrival->value.size;
    struct input input = {.kind = INPUT_COMMAND, .now_us = now_us, .command = &writer->command};
    memcpy(input.id_seed, seed, sizeof input.id_seed);
    if (refuse_generally(writer, arrival, now_us, event))
        return;
    if (writer->command.kind == COMMAND_PROBE_COMMAND)
        decide_probe(&writer->command, now_us, event);
    else if (writer->command.kind == COMMAND_REPORT_COMMANDS_LOST)
        event_reject(event, "VALIDATION_FAILED", TEXT("no such commands are missing"), NULL);
    else
        writer->service->decide(writer->state, &input, writer->arena, event);
    if (event->kind == EVENT_APPROVAL_REQUESTED && size > REQUEST_SIZE_MAX)
        event_reject(event, "VALIDATION_FAILED",
                     TEXT("this needs approval, and is too long to wait for it"), NULL);
}

/* Whether the service knows what to do with a command of this kind: its own, or one of any's. */
static bool belongs_here(const struct writer *writer, const struct command *command)
{
    static const char ANY[] = "bourse.";
    const char *full_name = command_message(command)->full_name;
    struct text prefix =
        arena_printf(writer->arena, "%s%s.", ANY, service_name(writer->service->id));
    return strchr(full_name + sizeof ANY - 1, '.') == NULL ||
           strncmp(full_name, prefix.data, prefix.size) == 0;
}

/* Sees to it that what was answered is not decided again, should the next command end the process.
 */
static enum err settle(struct writer *writer)
{
    enum err err = flush(writer);
    return err == OK ? OK
                     : writer_fail(writer, ERR_DOUBT, "an answer was not confirmed as persisted");
}

/* Decodes a command. False: it is none of ours, or of a size that only somebody else sends: its
 * answer would not fit. */
static bool read_command(struct writer *writer, const struct arrival *arrival)
{
    struct command *command = &writer->command;
    bool readable = arrival->value.size <= COMMAND_SIZE_MAX &&
                    arrival->key.size <= COMMAND_KEY_MAX &&
                    command_decode(arrival->value, writer->arena, command) == OK &&
                    belongs_here(writer, command);
    command->key = (struct text){(const char *)arrival->key.data, arrival->key.size};
    if (command->key.size > COMMAND_KEY_MAX)
        command->key = TEXT("");
    return readable;
}

static void trace_command(struct writer *writer, const struct arrival *arrival)
{
    const struct trace_context context = spans_context(writer->command.meta.traceparent);
    spans_decide(&writer->spans, arrival, &context, command_message(&writer->command)->full_name);
}

enum err writer_answer_command(struct writer *writer, const struct arrival *arrival,
                               bool *ret_waits)
{
    struct command *command = &writer->command;
    struct event *event = &writer->event;
    uint8_t seed[32];
    bool due = false;
    enum err err = writer_answer_run(writer);
    int64_t now_us = writer_now_us(writer);
    if (err == OK)
        err = writer_answer_time(writer, now_us, &due);
    *ret_waits = due || writer->run.count > 0;
    if (err != OK || *ret_waits)
        return err;
    arena_reset(writer->arena);
    bool readable = read_command(writer, arrival);
    bool seen = !readable || has_seen(writer, &command->meta);
    int64_t waited_us = writer->world.clock_us(writer->world.context) - arrival->arrived_us;
    *ret_waits = !seen && waited_us < AFTER_WAIT_MAX_US;
    if (*ret_waits)
        return OK;

    if (readable && command->meta.has_traceparent)
        trace_command(writer, arrival);
    memset(event, 0, sizeof *event);
    event->key = command->key;
    writer_make_seed(writer->own->incarnation, &writer->place, arrival, seed);
    if (!readable)
        event_reject(event, "VALIDATION_FAILED", TEXT("the command cannot be read"), NULL);
    else if (!seen)
        event_reject(event, "OVERLOADED",
                     TEXT("what the caller has seen has not arrived here yet: try again"), NULL);
    else
        decide_command(writer, arrival, seed, now_us);
    if (readable)
        writer_inherit(&event->meta, command);
    event->meta.has_request = true;
    event->meta.request = (struct bytes){arrival->value.data, arrival->value.size < REQUEST_SIZE_MAX
                                                                  ? arrival->value.size
                                                                  : REQUEST_SIZE_MAX};
    struct cause_run cause = writer_cause_of(arrival);
    err = writer_append(writer, event, &cause, 1, seed, now_us);
    bool careful = attempts_suspect(writer->attempts);
    attempts_end(writer->attempts);
    return err == OK && careful ? settle(writer) : err;
}
