#include "gateway/sender.h"

#include "base/buffer.h"
#include "eventlog/follower.h"
#include "eventlog/pace.h"
#include "log/log.h"
#include "wire/wire.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    ITEMS_MAX = 20000,
    COMMAND_SIZE_MAX = 1 << 20,
    REPORTS_MS = 20, /* between two looks at delivery reports, when nothing else wakes us */
    TRACED_MS = 1,   /* the same while a span waits for one */
    FLUSH_MS = 1000,
};

/* A command on its way: its key, then its value. */
struct sender_item {
    struct sender_item *next;
    struct trace_span *span; /* owned; NULL: it is not traced */
    uint64_t number;         /* of those appended */
    struct uuid command_id;
    const char *topic;
    int32_t partition;
    size_t key_size;
    size_t value_size;
    uint8_t bytes[];
};

struct sender {
    struct sender_events events;
    struct log_writer *writer;
    pthread_t thread;
    uint64_t appended;               /* the thread's own, as the next two */
    struct sender_item *unconfirmed; /* of those that are traced, in order */
    struct sender_item **unconfirmed_last;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct sender_item *first; /* locked, as the rest */
    struct sender_item **last;
    size_t items_count;
    bool stopping;
};

/* All that is queued; waits for something to come, but no longer than a look at reports takes. */
static struct sender_item *take_all(struct sender *sender, bool *ret_stopping)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (sender->unconfirmed != NULL ? TRACED_MS : REPORTS_MS) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    bool reports = log_writer_waiting(sender->writer) > 0;
    pthread_mutex_lock(&sender->lock);
    int late = 0;
    while (sender->first == NULL && !sender->stopping && late == 0) {
        if (reports)
            late = pthread_cond_timedwait(&sender->changed, &sender->lock, &until);
        else
            pthread_cond_wait(&sender->changed, &sender->lock);
    }
    struct sender_item *items = sender->first;
    sender->first = NULL;
    sender->last = &sender->first;
    sender->items_count = 0;
    *ret_stopping = sender->stopping && items == NULL;
    pthread_mutex_unlock(&sender->lock);
    return items;
}

void sender_item_free(struct sender_item *item)
{
    free(item->span);
    free(item);
}

/* Appends it, and takes it. */
static void append(struct sender *sender, struct sender_item *item)
{
    struct bytes key = {.data = item->bytes, .size = item->key_size};
    struct bytes value = {.data = item->bytes + item->key_size, .size = item->value_size};
    enum err err =
        log_writer_append(sender->writer, item->topic, item->partition, key, value, NULL, 0);
    if (err == OK) {
        item->number = ++sender->appended;
    } else {
        log_warn("command.not_sent", LOG_UUID("command_id", item->command_id), LOG_ERR(err));
        sender->events.not_sent(sender->events.context, item->command_id);
    }
    if (err != OK || item->span == NULL) {
        sender_item_free(item);
        return;
    }
    item->next = NULL;
    *sender->unconfirmed_last = item;
    sender->unconfirmed_last = &item->next;
}

/* Ends the spans of what the broker has confirmed, which it does in order. */
static void end_spans(struct sender *sender)
{
    uint64_t confirmed = sender->appended - log_writer_waiting(sender->writer);
    while (sender->unconfirmed != NULL && sender->unconfirmed->number <= confirmed) {
        struct sender_item *item = sender->unconfirmed;
        sender->unconfirmed = item->next;
        trace_span_end(item->span, trace_now_us());
        sender_item_free(item);
    }
    if (sender->unconfirmed == NULL)
        sender->unconfirmed_last = &sender->unconfirmed;
}

static void *run(void *argument)
{
    struct sender *sender = argument;
    struct pace pace = {0};
    bool stopping = false;
    while (!stopping) {
        struct sender_item *next;
        size_t count = 0;
        for (struct sender_item *item = take_all(sender, &stopping); item != NULL; item = next) {
            next = item->next;
            append(sender, item);
            count++;
        }
        enum err err = log_writer_push(sender->writer);
        if (err != OK) {
            log_error("command.outcome_unknown", LOG_ERR(err));
            sender->events.broken(sender->events.context);
            return NULL;
        }
        end_spans(sender);
        pace_rest(&pace, count);
    }
    if (log_writer_flush(sender->writer, FLUSH_MS) != OK)
        log_warn("command.not_confirmed", LOG_U64("records", log_writer_waiting(sender->writer)));
    end_spans(sender);
    return NULL;
}

struct sender *sender_start(struct log *log, struct sender_events events)
{
    struct sender *sender = calloc(1, sizeof *sender);
    CHECK(sender != NULL);
    sender->events = events;
    sender->last = &sender->first;
    sender->unconfirmed_last = &sender->unconfirmed;
    sender->writer = log_writer_open(log);
    pthread_condattr_t attributes;
    CHECK(pthread_condattr_init(&attributes) == 0);
    CHECK(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&sender->changed, &attributes) == 0);
    pthread_condattr_destroy(&attributes);
    CHECK(pthread_mutex_init(&sender->lock, NULL) == 0);
    CHECK(pthread_create(&sender->thread, NULL, run, sender) == 0);
    return sender;
}

static void free_all(struct sender_item *item)
{
    for (struct sender_item *next; item != NULL; item = next) {
        next = item->next;
        sender_item_free(item);
    }
}

void sender_stop(struct sender *sender)
{
    if (sender == NULL)
        return;
    pthread_mutex_lock(&sender->lock);
    sender->stopping = true;
    pthread_cond_signal(&sender->changed);
    pthread_mutex_unlock(&sender->lock);
    pthread_join(sender->thread, NULL);
}

void sender_free(struct sender *sender)
{
    if (sender == NULL)
        return;
    free_all(sender->first);
    free_all(sender->unconfirmed);
    log_writer_close(sender->writer);
    pthread_cond_destroy(&sender->changed);
    pthread_mutex_destroy(&sender->lock);
    free(sender);
}

/* The span of sending it; NULL: it is not traced. */
static struct trace_span *span_new(const char *topic, int32_t partition,
                                   const struct command *command, const struct trace_context *trace)
{
    if (trace == NULL)
        return NULL;
    struct trace_span *span = malloc(sizeof *span);
    CHECK(span != NULL);
    trace_span_begin(span, trace, TRACE_PRODUCER, trace_now_us(), "send", text_of(topic));
    trace_span_text(span, "messaging.system", TEXT("kafka"));
    trace_span_text(span, "messaging.destination.name", text_of(topic));
    trace_span_number(span, "messaging.destination.partition.id", partition);
    trace_span_text(span, "bourse.command", text_of(command_message(command)->full_name));
    return span;
}

/* Encodes a command, which carries the context of the span, if there is one. */
static void encode(const struct command *command, const struct trace_span *span,
                   struct buffer *value)
{
    char text[TRACE_PARENT_SIZE];
    if (span == NULL) {
        command_encode(command, value);
        return;
    }
    struct command traced = *command;
    trace_context_print(&span->context, text);
    traced.meta.has_traceparent = true;
    traced.meta.traceparent = (struct text){.data = text, .size = sizeof text};
    command_encode(&traced, value);
}

static struct sender_item *copy(const char *topic, int32_t partition, const struct command *command,
                                struct bytes value)
{
    struct sender_item *item = malloc(sizeof *item + command->key.size + value.size);
    CHECK(item != NULL);
    *item = (struct sender_item){.command_id = command->meta.command_id,
                                 .topic = topic,
                                 .partition = partition,
                                 .key_size = command->key.size,
                                 .value_size = value.size};
    memcpy(item->bytes, command->key.data, command->key.size);
    memcpy(item->bytes + command->key.size, value.data, value.size);
    return item;
}

enum err sender_item_new(enum service_id service, int32_t partition, const struct command *command,
                         const struct trace_context *trace, struct sender_item **ret_item)
{
    const char *topic = follower_commands_topic(service);
    struct trace_span *span = span_new(topic, partition, command, trace);
    struct buffer value;
    buffer_init(&value, COMMAND_SIZE_MAX);
    encode(command, span, &value);
    bool whole = buffer_ok(&value);
    if (whole) {
        *ret_item = copy(topic, partition, command, buffer_bytes(&value));
        (*ret_item)->span = span;
    } else {
        free(span);
    }
    buffer_free(&value);
    return whole ? OK : ERR_RANGE;
}

enum err sender_queue(struct sender *sender, struct sender_item *item)
{
    pthread_mutex_lock(&sender->lock);
    bool taken = sender->items_count < ITEMS_MAX && !sender->stopping;
    if (taken) {
        *sender->last = item;
        sender->last = &item->next;
        sender->items_count++;
        pthread_cond_signal(&sender->changed);
    }
    pthread_mutex_unlock(&sender->lock);
    if (!taken)
        sender_item_free(item);
    return taken ? OK : ERR_FULL;
}

enum err sender_send(struct sender *sender, enum service_id service, int32_t partition,
                     const struct command *command, const struct trace_context *trace)
{
    struct sender_item *item = NULL;
    enum err err = sender_item_new(service, partition, command, trace, &item);
    return err == OK ? sender_queue(sender, item) : err;
}
