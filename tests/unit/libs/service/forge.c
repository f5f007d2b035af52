#include "forge.h"

#include "eventlog/headers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FORGED_SIZE_MAX = 8 << 20 };

static void *listener_new(const struct place *place)
{
    return TOY.state_new(place);
}

static void listener_free(void *state)
{
    TOY.state_free(state);
}

static void listener_decide(const void *state, const struct input *input, struct arena *arena,
                            struct event *event)
{
    if (input->kind == INPUT_COMMAND)
        TOY.decide(state, input, arena, event);
    else
        event_reject(event, "SEEN", TEXT("an event was seen"), NULL);
}

static void listener_apply(void *state, const struct event *event)
{
    TOY.apply(state, event);
}

static void listener_save(const void *state, struct buffer *buffer)
{
    TOY.save(state, buffer);
}

static enum err listener_load(void *state, struct bytes bytes)
{
    return TOY.load(state, bytes);
}

static const enum service_id FOLLOWS[] = {SERVICE_ORDERS};

const struct service LISTENER = {
    .id = SERVICE_ACCOUNTS,
    .follows = FOLLOWS,
    .follows_count = COUNT_OF(FOLLOWS),
    .run_max = 1,
    .state_new = listener_new,
    .state_free = listener_free,
    .decide = listener_decide,
    .apply = listener_apply,
    .save = listener_save,
    .load = listener_load,
};

struct writer *forge_writer(const struct service *service, const struct writer_world *world)
{
    struct writer *writer = writer_new(service, 0, world);
    assert_int_equal(writer_recover(writer, (struct bytes){0}), OK);
    assert_int_equal(writer_claim(writer, 1000), OK);
    return writer;
}

enum err forge_steps(struct writer *writer, int steps)
{
    enum err err = OK;
    size_t decided = 0;
    for (int i = 0; i < steps && err == OK; i++)
        err = writer_step(writer, 5, &decided);
    return err;
}

/* Reads partition 0 of an event topic to its end; `look` is shown everything. */
static void read_all(struct log *log, enum service_id service,
                     void (*look)(const struct followed *followed, void *context), void *context)
{
    struct follower *follower = follower_open(log, LOG_PROMPT);
    struct followed followed;
    assert_int_equal(follower_begin(follower, service, 0), OK);
    while (follower_poll(follower, 0, &followed) == OK)
        look(&followed, context);
    follower_close(follower);
}

struct ends {
    struct fold_state state;
    int64_t occurred_at;
};

static void look_at_end(const struct followed *followed, void *context)
{
    struct ends *ends = context;
    *ends =
        (struct ends){.state = followed->fold->state, .occurred_at = followed->fold->occurred_at};
}

struct fold_state forge_state(struct log *log, enum service_id service)
{
    struct ends ends = {0};
    read_all(log, service, look_at_end, &ends);
    return ends.state;
}

void forge_next(struct log *log, enum service_id service, struct event *event)
{
    struct ends ends = {0};
    bool claims = event->kind == EVENT_WRITER_CLAIMED;
    read_all(log, service, look_at_end, &ends);
    event->meta.service = text_of(service_name(service));
    event->meta.epoch = ends.state.epoch + (claims ? 1 : 0);
    event->meta.nonce = ends.state.nonce;
    if (claims)
        memset(event->meta.nonce.bytes, 0xee, sizeof event->meta.nonce.bytes);
    event->meta.wseq = claims ? 0 : ends.state.wseq + 1;
    event->meta.prev_hash = ends.state.head;
    event->meta.occurred_at = ends.occurred_at;
    event->key = TEXT("key");
}

int64_t forge_append(struct log *log, enum service_id service, const struct event *event)
{
    struct arena *arena = arena_new(FORGED_SIZE_MAX);
    struct log_header headers[LOG_HEADERS_MAX];
    struct buffer value;
    buffer_init(&value, FORGED_SIZE_MAX);
    event_encode(event, &value);
    size_t count = headers_of_event(event, arena, headers);
    int64_t offset =
        log_memory_append_raw(log, follower_events_topic(service), 0,
                              (struct bytes){(const uint8_t *)event->key.data, event->key.size},
                              buffer_bytes(&value), headers, count);
    buffer_free(&value);
    arena_free(arena);
    return offset;
}

void forge_followed(struct log *log, enum service_id service, int count)
{
    struct touch touch = {.service = TEXT("accounts"), .partition = 0};
    struct event claim = {.kind = EVENT_WRITER_CLAIMED};
    claim.writer_claimed.min_reader = FOLD_READER_VERSION;
    claim.writer_claimed.code_version = TEXT("test");
    forge_next(log, service, &claim);
    forge_append(log, service, &claim);
    for (int i = 0; i < count; i++) {
        struct event event = {.kind = EVENT_COMMAND_REJECTED};
        event_reject(&event, "X", TEXT("x"), NULL);
        forge_next(log, service, &event);
        event.meta.touches = &touch;
        event.meta.touches_count = 1;
        forge_append(log, service, &event);
    }
}

struct rejections {
    const char *code;
    size_t count;
};

static void count_rejection(const struct followed *followed, void *context)
{
    struct rejections *rejections = context;
    if (followed->verdict != FOLD_VALID || followed->event->kind != EVENT_COMMAND_REJECTED)
        return;
    assert_int_equal(event_decode(followed->record.value, followed->arena, followed->event), OK);
    rejections->count += text_is(followed->event->command_rejected.code, rejections->code);
}

size_t forge_rejections(struct log *log, const char *code)
{
    struct rejections rejections = {.code = code};
    read_all(log, SERVICE_ACCOUNTS, count_rejection, &rejections);
    return rejections.count;
}

static void keep_value(const struct followed *followed, void *context)
{
    struct bytes *last = context;
    uint8_t *copy = realloc((void *)(uintptr_t)last->data, followed->record.value.size + 1);
    assert_non_null(copy);
    if (followed->record.value.size > 0)
        memcpy(copy, followed->record.value.data, followed->record.value.size);
    *last = (struct bytes){copy, followed->record.value.size};
}

struct bytes forge_last_value(struct log *log, enum service_id service)
{
    struct bytes last = {0};
    read_all(log, service, keep_value, &last);
    return last;
}
