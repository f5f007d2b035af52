/* export.c - the queue of spans, and the thread that sends them. */
#include "base/buffer.h"
#include "client/post.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "trace/otlp.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SEND_EVERY_S = 1, BODY_SIZE_MAX = 4 << 20, URL_SIZE_MAX = 1024 };

static struct {
    atomic_bool on;
    struct trace_options options;
    char url[URL_SIZE_MAX];
    pthread_t thread;
    pthread_mutex_t lock; /* guards the next four */
    pthread_cond_t changed;
    struct trace_span *spans; /* that wait */
    size_t count;
    bool stopping;
    struct trace_span *sending; /* the thread's own: the two change places */
    bool away;                  /* the receiver took the last ones not */
    struct metrics_counter *sent, *dropped;
} exporter = {.lock = PTHREAD_MUTEX_INITIALIZER};

bool trace_is_on(void)
{
    return atomic_load_explicit(&exporter.on, memory_order_relaxed);
}

void trace_span_end(struct trace_span *span, int64_t ended_us)
{
    if (!span->context.sampled || !trace_is_on())
        return;
    /* A clock that was set back meanwhile makes no span that ends before it began. */
    span->ended_us = ended_us > span->began_us ? ended_us : span->began_us;
    pthread_mutex_lock(&exporter.lock);
    bool room = !exporter.stopping && exporter.count < TRACE_QUEUE_MAX;
    if (room)
        exporter.spans[exporter.count++] = *span;
    pthread_mutex_unlock(&exporter.lock);
    if (!room)
        metrics_counter_add(exporter.dropped, 1);
}

/* All that wait, once a second, or at once where it is to stop. */
static size_t take_all(bool *ret_stopping)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += SEND_EVERY_S;
    pthread_mutex_lock(&exporter.lock);
    int late = 0;
    while (!exporter.stopping && late == 0)
        late = pthread_cond_timedwait(&exporter.changed, &exporter.lock, &until);
    struct trace_span *spans = exporter.spans;
    size_t count = exporter.count;
    exporter.spans = exporter.sending;
    exporter.sending = spans;
    exporter.count = 0;
    *ret_stopping = exporter.stopping;
    pthread_mutex_unlock(&exporter.lock);
    return count;
}

static void note(enum err err, size_t count)
{
    metrics_counter_add(err == OK ? exporter.sent : exporter.dropped, count);
    if (err != OK && !exporter.away)
        log_warn("trace.receiver_away", LOG_STR("url", exporter.url), LOG_ERR(err));
    if (err == OK && exporter.away)
        log_info("trace.receiver_back", LOG_STR("url", exporter.url));
    exporter.away = err != OK;
}

static void *run(void *argument)
{
    struct buffer body;
    bool stopping = false;
    (void)argument;
    buffer_init(&body, BODY_SIZE_MAX);
    while (!stopping) {
        size_t count = take_all(&stopping);
        if (count == 0)
            continue;
        buffer_reset(&body);
        otlp_write(&exporter.options, exporter.sending, count, &body);
        CHECK(buffer_ok(&body));
        note(post(&(struct post){.url = exporter.url,
                                 .type = "Content-Type: application/x-protobuf",
                                 .body = buffer_as_text(&body),
                                 .anywhere = true}),
             count);
    }
    buffer_free(&body);
    return NULL;
}

static struct metrics_counter *counter(const char *result)
{
    return metrics_counter("bourse_trace_spans_total",
                           "Spans, by what became of them: dropped are those for which there was "
                           "no room, or no receiver.",
                           METRICS_LABELS({"result", result}));
}

void trace_start(const struct trace_options *options)
{
    pthread_condattr_t attributes;
    if (options->endpoint == NULL)
        return;
    exporter.options = *options;
    snprintf(exporter.url, sizeof exporter.url, "%s/v1/traces", options->endpoint);
    exporter.spans = calloc(TRACE_QUEUE_MAX, sizeof *exporter.spans);
    exporter.sending = calloc(TRACE_QUEUE_MAX, sizeof *exporter.sending);
    CHECK(exporter.spans != NULL && exporter.sending != NULL);
    exporter.sent = counter("sent");
    exporter.dropped = counter("dropped");
    exporter.stopping = false;
    CHECK(pthread_condattr_init(&attributes) == 0);
    CHECK(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&exporter.changed, &attributes) == 0);
    pthread_condattr_destroy(&attributes);
    CHECK(pthread_create(&exporter.thread, NULL, run, NULL) == 0);
    atomic_store(&exporter.on, true);
}

void trace_stop(void)
{
    if (!trace_is_on())
        return;
    atomic_store(&exporter.on, false);
    pthread_mutex_lock(&exporter.lock);
    exporter.stopping = true;
    pthread_cond_signal(&exporter.changed);
    pthread_mutex_unlock(&exporter.lock);
    pthread_join(exporter.thread, NULL);
    pthread_cond_destroy(&exporter.changed);
    free(exporter.spans);
    free(exporter.sending);
    exporter.spans = exporter.sending = NULL;
    exporter.count = 0;
}
