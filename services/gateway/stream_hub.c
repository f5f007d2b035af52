#include "gateway/stream_hub.h"

#include "gateway/identities.h"
#include "gateway/stream_replay.h"
#include "log/log.h"
#include "metrics/metrics.h"

#include <stdlib.h>
#include <time.h>

enum {
    BATCH = 256,
    WORK_THREADS = 2,
    REPLAY_THREADS = 1,
    LOOK_MS = 200,
    HEARTBEAT_MS = 15000,
};

/* --- places ----------------------------------------------------------------------------------- */

enum err streams_admit(struct streams *streams, const struct caller *caller)
{
    pthread_mutex_lock(&streams->lock);
    bool stopping = streams->stopping;
    pthread_mutex_unlock(&streams->lock);
    if (stopping)
        return ERR_BUSY;
    enum quota_verdict verdict = quota_take(streams->places, caller->source, caller->known);
    if (verdict == QUOTA_TAKEN)
        return OK;
    return verdict == QUOTA_OF_CALLER ? ERR_DENIED : ERR_FULL;
}

void streams_leave(struct streams *streams, uint64_t source)
{
    quota_give_back(streams->places, source);
}

static int64_t count_open(void *places)
{
    return (int64_t)quota_count(places);
}

static void end_subscriber(struct streams *streams, struct stream_subscriber *subscriber)
{
    stream_topics_leave(streams, subscriber);
    streams_leave(streams, subscriber->source);
    stream_subscriber_free(subscriber);
}

/* --- joining ---------------------------------------------------------------------------------- */

void streams_join(struct streams *streams, struct stream_subscriber *subscriber)
{
    pthread_mutex_lock(&streams->lock);
    subscriber->next = streams->joining;
    streams->joining = subscriber;
    pthread_cond_signal(&streams->changed);
    pthread_mutex_unlock(&streams->lock);
}

/* What is everybody's begins where the hub stands, unless it goes on from an id. */
static void begin_rows(struct streams *streams, struct stream_subscriber *subscriber)
{
    if (subscriber->account == NULL && subscriber->number == 0)
        subscriber->number = streams->number;
    for (size_t i = 0; i < subscriber->cursor.count; i++) {
        struct stream_position *row = &subscriber->cursor.rows[i];
        if (row->offset < 0 && subscriber->account == NULL)
            row->offset = streams->positions[row->service][row->partition];
    }
}

/* What it was not told yet of what the hub has handled, then whole books. */
static void join(struct streams *streams, struct stream_subscriber *subscriber)
{
    begin_rows(streams, subscriber);
    enum err err = stream_tell_ring(subscriber, streams->ring, streams->number, streams->arena,
                                    &streams->message);
    subscriber->next = streams->subscribers;
    streams->subscribers = subscriber;
    if (err != OK) { /* too late; its client comes back by its id */
        subscriber->gone = true;
        return;
    }
    stream_topics_join(streams, subscriber);
}

/* --- events ----------------------------------------------------------------------------------- */

static bool owners_listen(const struct streams *streams, const struct stream_record *record)
{
    struct stream_subscriber *subscriber = streams->subscribers;
    for (; subscriber != NULL; subscriber = subscriber->next) {
        if (subscriber->account != NULL &&
            stream_cursor_at(&subscriber->cursor, record->service, record->partition) != NULL)
            return true;
    }
    return false;
}

static void tell_owners(struct streams *streams, const struct stream_record *record,
                        const struct event *event)
{
    struct stream_subscriber *subscriber = streams->subscribers;
    for (; subscriber != NULL; subscriber = subscriber->next) {
        if (subscriber->account == NULL || subscriber->gone)
            continue;
        stream_sync(streams, subscriber);
        stream_tell_event(subscriber, record, event, &streams->message);
    }
}

static void handle(struct streams *streams, const struct stream_record *record)
{
    bool topics = stream_topics_want(streams, record);
    bool owners = owners_listen(streams, record);
    struct event event;
    arena_reset(streams->arena);
    if ((topics || owners) && event_decode(record->value, streams->arena, &event) != OK) {
        log_error("streams.stopped", LOG_I64("partition", record->partition),
                  LOG_I64("offset", record->offset),
                  LOG_STR("reason", "a valid event cannot be read whole"));
        streams->broken(streams->broken_context);
        return;
    }
    if (owners)
        tell_owners(streams, record, &event);
    if (topics)
        stream_topics_tell(streams, record, &event);
    streams->positions[record->service][record->partition] = record->offset;
}

/* True: there is more. */
static bool handle_some(struct streams *streams)
{
    struct stream_record *records[BATCH];
    bool lost = false;
    size_t count = stream_ring_read(streams->ring, &streams->number, records, BATCH, &lost);
    struct stream_subscriber *subscriber = lost ? streams->subscribers : NULL;
    if (lost)
        log_warn("streams.behind", LOG_STR("reason", "the ring is too short for so many events"));
    for (; subscriber != NULL; subscriber = subscriber->next)
        subscriber->gone = true; /* they come back by their ids */
    for (size_t i = 0; i < count; i++) {
        if (!lost)
            handle(streams, records[i]);
        stream_record_release(records[i]);
    }
    return count == BATCH;
}

/* Nobody listened: what happened meanwhile is nobody's business. */
static void skip(struct streams *streams)
{
    streams->number = stream_ring_now(streams->ring, streams->positions);
}

/* --- looking after ---------------------------------------------------------------------------- */

static void end_those_gone(struct streams *streams)
{
    struct stream_subscriber **link = &streams->subscribers;
    while (*link != NULL) {
        struct stream_subscriber *subscriber = *link;
        if (!subscriber->gone) {
            link = &subscriber->next;
            continue;
        }
        *link = subscriber->next;
        end_subscriber(streams, subscriber);
    }
}

static void say_farewell(struct streams *streams, struct stream_subscriber *subscriber,
                         const char *word)
{
    stream_sync(streams, subscriber);
    stream_tell(subscriber, word, TEXT("{}"), &streams->message);
    subscriber->gone = true;
}

/* Those whose token has expired or was revoked, and those who have hung up. */
static void look(struct streams *streams)
{
    int64_t now_us = gateway_now_us();
    struct stream_subscriber *subscriber = streams->subscribers;
    for (; subscriber != NULL; subscriber = subscriber->next) {
        if (subscriber->account != NULL && now_us >= subscriber->expires_at_us)
            say_farewell(streams, subscriber, "token_expired");
        else if (subscriber->account != NULL &&
                 identities_session_is_over(streams->gateway->identities, subscriber->session_id))
            say_farewell(streams, subscriber, "token_revoked");
        else if (!http_stream_write(subscriber->stream, TEXT("")))
            subscriber->gone = true;
    }
}

/* Where the hub has handled all there is, ids move on past what no stream tells of. */
static void catch_up_positions(struct streams *streams)
{
    int64_t *last[SERVICES];
    for (int i = 0; i < SERVICES; i++) {
        size_t count = (size_t)streams->gateway->place.partition_counts[i];
        last[i] = ARENA_NEW(streams->arena, int64_t, count + 1);
    }
    if (stream_ring_now(streams->ring, last) != streams->number)
        return;
    for (int i = 0; i < SERVICES; i++) {
        for (int32_t p = 0; p < streams->gateway->place.partition_counts[i]; p++)
            streams->positions[i][p] = last[i][p];
    }
}

static void beat(struct streams *streams)
{
    arena_reset(streams->arena);
    catch_up_positions(streams);
    struct stream_subscriber *subscriber = streams->subscribers;
    for (; subscriber != NULL; subscriber = subscriber->next) {
        stream_sync(streams, subscriber);
        buffer_reset(&streams->message);
        stream_heartbeat(&subscriber->cursor, &streams->message);
        subscriber->gone =
            subscriber->gone ||
            !http_stream_write(subscriber->stream, buffer_as_text(&streams->message));
    }
}

static void look_after(struct streams *streams)
{
    int64_t now_ns = gateway_now_ns();
    if (now_ns >= streams->look_ns) {
        streams->look_ns = now_ns + LOOK_MS * INT64_C(1000000);
        look(streams);
    }
    if (now_ns >= streams->heartbeat_ns) {
        streams->heartbeat_ns = now_ns + HEARTBEAT_MS * INT64_C(1000000);
        beat(streams);
    }
    end_those_gone(streams);
    stream_topics_load(streams, now_ns);
}

/* --- the thread ------------------------------------------------------------------------------- */

static struct timespec until(int64_t timeout_ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    int64_t ns = at.tv_nsec + timeout_ms * 1000000;
    return (struct timespec){.tv_sec = at.tv_sec + ns / 1000000000, .tv_nsec = ns % 1000000000};
}

static bool has_news(struct streams *streams)
{
    return streams->stopping || streams->joining != NULL || streams->loaded != NULL ||
           (streams->subscribers != NULL &&
            stream_ring_now(streams->ring, NULL) != streams->number);
}

/* Says what to be woken for. What came before that was said is found before the hub sleeps. */
static void note_wanted(struct streams *streams)
{
    bool owners = false;
    for (const struct stream_subscriber *one = streams->subscribers; one != NULL; one = one->next)
        owners = owners || one->account != NULL;
    atomic_store(&streams->owners, owners);
    atomic_store(&streams->wanted, stream_topics_bits(streams));
}

static bool is_wanted(struct streams *streams, enum service_id service,
                      const struct followed *followed)
{
    if (atomic_load(&streams->owners))
        return true;
    uint64_t wanted = atomic_load(&streams->wanted);
    return wanted != 0 && service == SERVICE_ORDERS &&
           (followed->event->kind == EVENT_ORDERS_CANCELED ||
            (wanted & stream_topic_bit(followed->event->key)) != 0);
}

/* What has come for the hub, waiting for it a while. False: it has to end. */
static bool wait_for_news(struct streams *streams, struct stream_subscriber **ret_joining,
                          struct stream_loading **ret_loaded)
{
    struct timespec deadline = until(LOOK_MS);
    pthread_mutex_lock(&streams->lock);
    bool listened = streams->subscribers != NULL;
    streams->sleeping = true;
    while (!has_news(streams)) {
        if (listened && pthread_cond_timedwait(&streams->changed, &streams->lock, &deadline) != 0)
            break;
        if (!listened)
            pthread_cond_wait(&streams->changed, &streams->lock);
    }
    streams->sleeping = false;
    *ret_joining = streams->joining;
    *ret_loaded = streams->loaded;
    streams->joining = NULL;
    streams->loaded = NULL;
    bool stopping = streams->stopping;
    pthread_mutex_unlock(&streams->lock);
    return !stopping;
}

static void take_news(struct streams *streams, struct stream_subscriber *joining,
                      struct stream_loading *loaded)
{
    if (streams->subscribers == NULL)
        skip(streams);
    for (struct stream_loading *next; loaded != NULL; loaded = next) {
        next = loaded->next;
        stream_topics_loaded(streams, loaded);
    }
    for (struct stream_subscriber *next; joining != NULL; joining = next) {
        next = joining->next;
        join(streams, joining);
    }
}

static void *run(void *argument)
{
    struct streams *streams = argument;
    struct stream_subscriber *joining;
    struct stream_loading *loaded;
    bool going;
    do {
        going = wait_for_news(streams, &joining, &loaded);
        take_news(streams, joining, loaded);
        while (handle_some(streams))
            ;
        look_after(streams);
        note_wanted(streams);
    } while (going);
    struct stream_subscriber *subscriber = streams->subscribers;
    for (; subscriber != NULL; subscriber = subscriber->next)
        say_farewell(streams, subscriber, "server_shutdown");
    end_those_gone(streams);
    return NULL;
}

/* --- start and end ---------------------------------------------------------------------------- */

void streams_place(struct streams *streams, enum service_id service, int32_t partition,
                   int64_t next_offset, const struct hash *head)
{
    stream_ring_place(streams->ring, service, partition, next_offset, head);
}

void streams_take(struct streams *streams, const struct followed *followed)
{
    enum service_id service;
    if (follower_topic_service(followed->record.topic, &service) != OK ||
        !stream_ring_add(streams->ring, service, followed) ||
        !is_wanted(streams, service, followed))
        return;
    pthread_mutex_lock(&streams->lock);
    if (streams->sleeping)
        pthread_cond_signal(&streams->changed);
    pthread_mutex_unlock(&streams->lock);
}

struct streams *streams_start(struct gateway *gateway, void (*broken)(void *context), void *context)
{
    struct streams *streams = calloc(1, sizeof *streams);
    CHECK(streams != NULL);
    streams->gateway = gateway;
    streams->broken = broken;
    streams->broken_context = context;
    streams->ring = stream_ring_new(gateway->place.partition_counts);
    for (int i = 0; i < SERVICES; i++) {
        streams->positions[i] =
            calloc((size_t)gateway->place.partition_counts[i] + 1, sizeof(int64_t));
        CHECK(streams->positions[i] != NULL);
    }
    streams->arena = arena_new(STREAM_ARENA_SIZE);
    buffer_init(&streams->data, STREAM_DATA_MAX);
    buffer_init(&streams->message, STREAM_MESSAGE_MAX);
    CHECK(pthread_mutex_init(&streams->lock, NULL) == 0);
    pthread_condattr_t attributes;
    CHECK(pthread_condattr_init(&attributes) == 0);
    CHECK(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&streams->changed, &attributes) == 0);
    pthread_condattr_destroy(&attributes);
    streams->places = quota_new(STREAMS_MAX, (size_t)gateway->config.limit_streams);
    streams->replaying = quota_new(STREAM_REPLAYS_MAX, STREAM_REPLAYS_OF_ONE);
    metrics_gauge_from("bourse_streams_open", "Event streams that somebody reads.",
                       METRICS_NO_LABELS, count_open, streams->places);
    streams->work = work_start(WORK_THREADS, STREAMS_MAX, 0, gateway->config.pg);
    streams->replays = work_start(REPLAY_THREADS, STREAM_REPLAYS_MAX, 0, gateway->config.pg);
    CHECK(pthread_create(&streams->thread, NULL, run, streams) == 0);
    return streams;
}

void streams_shutdown(struct streams *streams)
{
    if (streams == NULL)
        return;
    pthread_mutex_lock(&streams->lock);
    streams->stopping = true;
    pthread_cond_signal(&streams->changed);
    pthread_mutex_unlock(&streams->lock);
    pthread_join(streams->thread, NULL);
    work_stop(streams->work); /* it may still hand something to the other */
    work_stop(streams->replays);
}

void streams_free(struct streams *streams)
{
    if (streams == NULL)
        return;
    for (struct stream_subscriber *next, *late = streams->joining; late != NULL; late = next) {
        next = late->next;
        end_subscriber(streams, late);
    }
    for (struct stream_loading *next, *late = streams->loaded; late != NULL; late = next) {
        next = late->next;
        stream_book_free(late->book);
        free(late);
    }
    work_free(streams->work);
    work_free(streams->replays);
    quota_free(streams->places);
    quota_free(streams->replaying);
    stream_ring_free(streams->ring);
    for (int i = 0; i < SERVICES; i++)
        free(streams->positions[i]);
    arena_free(streams->arena);
    buffer_free(&streams->data);
    buffer_free(&streams->message);
    pthread_cond_destroy(&streams->changed);
    pthread_mutex_destroy(&streams->lock);
    free(streams);
}
